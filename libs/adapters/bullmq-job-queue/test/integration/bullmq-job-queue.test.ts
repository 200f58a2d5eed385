import { silentLogger, type JobHandlers } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { describeJobQueue } from '@torchweave/testing/port-conformance/job-queue';
import { TestRedis } from '@torchweave/testing/redis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

const idle: JobHandlers = {
  'register-workflow': () => Promise.resolve({ workflow: '' }),
  'unregister-workflow': () => Promise.resolve({ workflow: '' }),
  'reconcile-model-servers': () => Promise.resolve({ registered: 0, removed: 0 }),
};

let namespaces = 0;

describeJobQueue('BullMqJobQueue', async () => {
  const options = { redisUrl: redis.url, namespace: `test-${(namespaces += 1)}`, logger: silentLogger };
  const queue = await BullMqJobQueue.open(options);
  return {
    queue,
    createWorker: (handlers) =>
      new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 2_000 }, { ...idle, ...handlers }),
    dispose: () => queue.close(),
  };
});

describe('BullMqJobQueue without Redis', () => {
  it('says that the state is unavailable instead of hanging', async () => {
    const opened = BullMqJobQueue.open({ redisUrl: 'redis://127.0.0.1:1', namespace: 'x', logger: silentLogger });
    await expect(opened).rejects.toMatchObject({ code: 'stateUnavailable', status: 503 });
  });

  it('says so at once when Redis goes away later, and works again when it is back', async () => {
    const own = await TestRedis.start();
    const queue = await BullMqJobQueue.open({ redisUrl: own.url, namespace: 'x', logger: silentLogger });
    await own.stop('SIGKILL');
    const enqueue = (): Promise<void> => queue.enqueue('register-workflow', { url: 'a' }, randomUUID());
    await expect(enqueue()).rejects.toMatchObject({ code: 'stateUnavailable' });
    await own.startAgain();
    await vi.waitFor(enqueue, { timeout: 10_000 });
    await queue.close();
    await own.dispose();
  });
});

describe('BullMqJobWorker under a wall clock that steps', () => {
  const dayMs = 86_400_000;

  it.each([
    ['back', dayMs],
    ['forward', -dayMs],
  ])('%s goes on with what repeats and with what is tried again', async (_direction, wrongByMs) => {
    const realNow = Date.now.bind(Date);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + wrongByMs);
    const options = { redisUrl: redis.url, namespace: `test-${(namespaces += 1)}`, logger: silentLogger };
    let reconciliations = 0;
    let tries = 0;
    const worker = new BullMqJobWorker(
      { ...options, concurrency: 4, lockMs: 2_000, longestDelayMs: 300 },
      {
        ...idle,
        'reconcile-model-servers': () => Promise.resolve({ registered: (reconciliations += 1), removed: 0 }),
        'register-workflow': () => {
          if ((tries += 1) > 1) return Promise.resolve({ workflow: 'w' });
          // The clock is set right before the delay begins, or while it lasts.
          setTimeout(() => clock.mockRestore(), 100);
          return Promise.reject(new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 }));
        },
      },
    );
    const queue = await BullMqJobQueue.open(options);
    try {
      await worker.start();
      await vi.waitUntil(() => reconciliations > 0, { timeout: 10_000 });
      const operationId = randomUUID();
      await queue.enqueue('register-workflow', { url: 'a' }, operationId);
      await expect(queue.waitForEnd('register-workflow', operationId, 20_000)).resolves.toEqual({ workflow: 'w' });
      const before = reconciliations;
      await vi.waitUntil(() => reconciliations > before + 1, { timeout: 20_000 });
    } finally {
      clock.mockRestore();
      await worker.close();
      await queue.close();
    }
  });
});
