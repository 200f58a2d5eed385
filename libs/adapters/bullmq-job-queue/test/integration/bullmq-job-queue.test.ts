import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, type JobHandlers, type JobTelemetry, type TraceContext } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { describeJobQueue } from '@torchweave/testing/port-conformance/job-queue';
import { TestRedis } from '@torchweave/testing/redis';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { idleHandlers } from '@torchweave/testing/builders';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

describeJobQueue('BullMqJobQueue', async () => {
  const options = {
    redis: new RedisLink(redis.url, silentLogger),
    namespace: `test-${(namespaces += 1)}`,
    logger: silentLogger,
  };
  const queue = await BullMqJobQueue.open(options);
  return {
    queue,
    createWorker: (handlers) =>
      new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 2_000 }, { ...idleHandlers, ...handlers }),
    dispose: () => queue.close(),
  };
});

describe('BullMqJobQueue without Redis', () => {
  it('says that Redis cannot be used instead of hanging', async () => {
    const opened = BullMqJobQueue.open({
      redis: new RedisLink('redis://127.0.0.1:1', silentLogger),
      namespace: 'x',
      logger: silentLogger,
    });
    await expect(opened).rejects.toMatchObject({ code: 'redisUnusable', data: { reason: 'nothing listens there' } });
  });

  it('says so at once when Redis goes away later, and works again when it is back', async () => {
    const own = await TestRedis.start();
    const queue = await BullMqJobQueue.open({
      redis: new RedisLink(own.url, silentLogger),
      namespace: 'x',
      logger: silentLogger,
    });
    await own.stop('SIGKILL');
    const enqueue = (): Promise<void> => queue.enqueue('register-workflow', { url: 'a' }, randomUUID());
    await expect(enqueue()).rejects.toMatchObject({ code: 'stateUnavailable' });
    await own.startAgain();
    await vi.waitFor(enqueue, { timeout: 10_000 });
    await queue.close();
    await own.dispose();
  });
});

describe('BullMqJobQueue and the end of an operation', () => {
  /** A queue, a worker of it, and a registration that is waited for and ends when it is told to. */
  async function waitedFor() {
    const options = {
      redis: new RedisLink(redis.url, silentLogger),
      namespace: `test-${(namespaces += 1)}`,
      logger: silentLogger,
    };
    const queue = await BullMqJobQueue.open(options);
    let began: () => void = () => undefined;
    let end: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (began = resolve));
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    const register = async (): Promise<{ workflow: string }> => {
      began();
      await mayEnd;
      return { workflow: 'w' };
    };
    const worker = new BullMqJobWorker(
      { ...options, concurrency: 4, lockMs: 2_000 },
      { ...idleHandlers, 'register-workflow': register },
    );
    await worker.start();
    onTestFinished(async () => {
      await worker.close();
      await queue.close();
    });
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a' }, operationId);
    const waiting = queue.waitForEnd('register-workflow', operationId, 20_000);
    await hasBegun;
    return { waiting, end, channel: `{${options.namespace}}:queue:ended`, operationId };
  }

  it('is told by the worker', async () => {
    const { waiting, end, channel, operationId } = await waitedFor();
    const listener = new Redis(redis.url);
    onTestFinished(() => listener.disconnect());
    await listener.subscribe(channel);
    const told = once(listener, 'message');
    end();
    expect(await told).toEqual([channel, operationId]);
    expect(await waiting).toEqual({ workflow: 'w' });
  });

  it('is found when the message is lost with its connection', async () => {
    const { waiting, end } = await waitedFor();
    const admin = new Redis(redis.url);
    onTestFinished(() => admin.disconnect());
    // Again and again: a connection that is lost comes back.
    const losing = setInterval(() => void admin.client('KILL', 'TYPE', 'PUBSUB'), 1);
    onTestFinished(() => clearInterval(losing));
    end();
    expect(await waiting).toEqual({ workflow: 'w' });
  });
});

describe('BullMqJobWorker', () => {
  it('tells who observes it of jobs and of their steps, with their ends', async () => {
    const options = {
      redis: new RedisLink(redis.url, silentLogger),
      namespace: `test-${(namespaces += 1)}`,
      logger: silentLogger,
    };
    const told: string[] = [];
    const telemetry: JobTelemetry = {
      jobStarted: ({ name, operationId }) => ({
        stepStarted: (step) => ({ ended: (outcome) => told.push(`${operationId} ${step} ${outcome}`) }),
        concerns: () => undefined,
        ended: (outcome, durationMs) => {
          expect(durationMs).toBeGreaterThanOrEqual(0);
          told.push(`${operationId} ${name} ${outcome}`);
        },
      }),
    };
    const handlers: JobHandlers = {
      ...idleHandlers,
      'register-workflow': async (_payload, job) => {
        await job.step('first', () => Promise.resolve());
        return job.step('second', () => Promise.reject(new TorchweaveError('workflowNotInStore', { url: 'a' })));
      },
    };
    const queue = await BullMqJobQueue.open(options);
    const worker = new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 2_000, telemetry }, handlers);
    await worker.start();
    onTestFinished(async () => {
      await worker.close();
      await queue.close();
    });
    await queue.enqueue('register-workflow', { url: 'a' }, 'op');
    await expect(queue.waitForEnd('register-workflow', 'op', 20_000)).rejects.toMatchObject({
      code: 'workflowNotInStore',
    });
    expect(told.filter((line) => line.startsWith('op '))).toEqual([
      ...['op first succeeded', 'op second failed', 'op register-workflow failed'],
    ]);
  });
});

describe('the trace of a request', () => {
  it('goes with the job that it leaves, and with none that another leaves', async () => {
    const options = {
      redis: new RedisLink(redis.url, silentLogger),
      namespace: `test-${(namespaces += 1)}`,
      logger: silentLogger,
    };
    const trace: TraceContext = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };
    const seen = new Map<string, TraceContext | undefined>();
    const telemetry: JobTelemetry = {
      jobStarted: (job) => {
        seen.set(job.operationId, job.trace);
        return {
          stepStarted: () => ({ ended: () => undefined }),
          concerns: () => undefined,
          ended: () => undefined,
        };
      },
    };
    let underWay: TraceContext | undefined = trace;
    const queue = await BullMqJobQueue.open({ ...options, trace: () => underWay });
    const worker = new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 2_000, telemetry }, idleHandlers);
    await worker.start();
    onTestFinished(async () => {
      await worker.close();
      await queue.close();
    });
    await queue.enqueue('register-workflow', { url: 'a' }, 'traced');
    underWay = undefined;
    await queue.enqueue('register-workflow', { url: 'a' }, 'untraced');
    for (const id of ['traced', 'untraced']) await queue.waitForEnd('register-workflow', id, 20_000);
    expect([seen.get('traced'), seen.has('untraced'), seen.get('untraced')]).toEqual([trace, true, undefined]);
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
    const options = {
      redis: new RedisLink(redis.url, silentLogger),
      namespace: `test-${(namespaces += 1)}`,
      logger: silentLogger,
    };
    let reconciliations = 0;
    let tries = 0;
    const worker = new BullMqJobWorker(
      { ...options, concurrency: 4, lockMs: 2_000, longestDelayMs: 300 },
      {
        ...idleHandlers,
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
