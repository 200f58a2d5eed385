import { silentLogger, type JobContext, type JobHandlers, type Operation } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { idleHandlers } from '@torchweave/testing/builders';
import { TestRedis } from '@torchweave/testing/redis';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const namespace = 'jobs';
const prefix = `{${namespace}}:queue:operations`;

let redis: TestRedis;
let admin: Redis;
let queue: BullMqJobQueue;
const closing: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  redis = await TestRedis.start();
  admin = new Redis(redis.url);
  queue = await BullMqJobQueue.open(options());
});
afterEach(async () => {
  for (const worker of closing.splice(0)) await worker.close();
  await queue.close();
  admin.disconnect();
  await redis.dispose();
});

const options = () => ({ redis: new RedisLink(redis.url, silentLogger, namespace), namespace, logger: silentLogger });

async function startWorker(handlers: Partial<JobHandlers>): Promise<void> {
  const worker = new BullMqJobWorker({ ...options(), concurrency: 4, lockMs: 500 }, { ...idleHandlers, ...handlers });
  await worker.start();
  closing.push(worker);
}

async function found(id: string): Promise<Operation> {
  const operation = await queue.operation(id);
  if (operation === undefined) throw new Error('there is no such operation');
  return operation;
}

const register = async (id: string): Promise<void> => queue.enqueue('register-workflow', { url: 'a.war' }, id);
const endOf = (id: string): Promise<unknown> => queue.waitForEnd('register-workflow', id, 20_000);
const cancelled = (error: unknown): boolean => error instanceof TorchweaveError && error.code === 'operationCancelled';

describe('a job that is cancelled', () => {
  it('while it is to be tried again later is taken up at once', async () => {
    const id = randomUUID();
    const seen: boolean[] = [];
    await startWorker({
      'register-workflow': (_, job) => {
        seen.push(job.signal.aborted);
        const away = new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 });
        return Promise.reject(
          seen.length === 1 ? away : new TorchweaveError('operationCancelled', { operationId: id }),
        );
      },
    });
    await register(id);
    await vi.waitFor(async () => expect(await admin.zscore(`${prefix}:delayed`, id)).not.toBeNull());
    // Of what is delayed for an hour.
    await (await queue.queues.get('operations')?.getJob(id))?.changeDelay(3_600_000);
    await queue.cancel(await found(id));
    await expect(endOf(id)).rejects.toSatisfy(cancelled);
    expect(seen).toHaveLength(2);
  });

  it('is left to a worker where whoever cancels it dies in the middle', async () => {
    const id = randomUUID();
    await register(id);
    // What the script does, with a lock that nobody holds any more.
    await admin.lrem(`${prefix}:wait`, 1, id);
    await admin.lpush(`${prefix}:active`, id);
    await startWorker({
      'register-workflow': () => Promise.reject(new TorchweaveError('operationCancelled', { operationId: id })),
    });
    await expect(endOf(id)).rejects.toSatisfy(cancelled);
  });

  it('and tried again by hand runs anew, whichever of its runs was cancelled', async () => {
    const id = randomUUID();
    const runs: string[] = [];
    const ends = [false, true];
    await register(id);
    await queue.cancel(await found(id));
    await expect(endOf(id)).rejects.toSatisfy(cancelled);
    await startWorker({
      'register-workflow': async (_, job: JobContext) => {
        runs.push(job.operationId);
        if (ends[runs.length - 1] === true) return { workflow: 'w' };
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
        throw job.signal.reason;
      },
    });
    const retry = async (): Promise<void> => (await queue.queues.get('operations')?.getJob(id))?.retry();
    await retry();
    await vi.waitFor(() => expect(runs).toHaveLength(1));
    expect((await found(id)).runsAs).toBe(`${id}.1`);
    await queue.cancel(await found(id));
    await expect(endOf(id)).rejects.toSatisfy(cancelled);
    await retry();
    expect(await endOf(id)).toEqual({ workflow: 'w' });
    expect(runs).toEqual([`${id}.1`, `${id}.2`]);
  });

  it('in a queue that is paused ends as well', async () => {
    const id = randomUUID();
    await queue.queues.get('operations')?.pause();
    await register(id);
    await queue.cancel(await found(id));
    await expect(endOf(id)).rejects.toSatisfy(cancelled);
  });
});
