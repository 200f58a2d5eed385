import { silentLogger, type JobContext, type JobHandlers } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { FaultProxy } from '@torchweave/testing/fault-proxy';
import { TestRedis } from '@torchweave/testing/redis';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { idleHandlers } from '@torchweave/testing/builders';

const namespace = 'jobs';

let redis: TestRedis;
let admin: Redis;
let queue: BullMqJobQueue;
beforeEach(async () => {
  redis = await TestRedis.start();
  admin = new Redis(redis.url);
  admin.on('error', () => undefined);
  queue = await BullMqJobQueue.open({ redis: linkTo(redis.url), namespace, logger: silentLogger });
});
const workers: BullMqJobWorker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
  await queue.close();
  admin.disconnect();
  await redis.dispose();
});

const linkTo = (url: string): RedisLink => new RedisLink(url, silentLogger, namespace);

async function startWorker(handlers: Partial<JobHandlers>, url = redis.url, lockMs = 500): Promise<BullMqJobWorker> {
  const options = { redis: linkTo(url), namespace, logger: silentLogger, concurrency: 4, lockMs };
  const worker = new BullMqJobWorker(options, { ...idleHandlers, ...handlers });
  await worker.start();
  workers.push(worker);
  return worker;
}

describe('a job that came to Redis when its request had been given up', () => {
  /** Leaves a job as a command does that Redis hears late. */
  async function leave(operationId: string, acceptUntil: number): Promise<void> {
    const late = new Queue('operations', { connection: { url: redis.url }, prefix: `{${namespace}}:queue` });
    await late.add(
      'register-workflow',
      { schemaVersion: 1, payload: { url: 'a.war' }, acceptUntil },
      { jobId: operationId },
    );
    await late.close();
  }

  async function nowOfRedis(): Promise<number> {
    return Number((await admin.time())[0]) * 1_000;
  }

  it('is never begun, and is told as that', async () => {
    const operationId = randomUUID();
    await leave(operationId, (await nowOfRedis()) - 1_000);
    const register = vi.fn(idleHandlers['register-workflow']);
    await startWorker({ 'register-workflow': register });
    await expect(queue.waitForEnd('register-workflow', operationId, 10_000)).rejects.toMatchObject({
      code: 'operationExpired',
    });
    expect(register).not.toHaveBeenCalled();
  });

  it('is run when it came in time, however long it waits for a worker', async () => {
    const operationId = randomUUID();
    await leave(operationId, (await nowOfRedis()) - 1_000);
    await admin.hset(`{${namespace}}:queue:operations:${operationId}`, 'accepted', '1');
    await startWorker({ 'register-workflow': () => Promise.resolve({ workflow: 'late' }) });
    expect(await queue.waitForEnd('register-workflow', operationId, 10_000)).toEqual({ workflow: 'late' });
  });

  it('is not left by a link that stalls and passes again', async () => {
    const proxy = await FaultProxy.start(redis.url);
    onTestFinished(() => proxy.close());
    const far = await BullMqJobQueue.open({
      redis: linkTo(`redis://127.0.0.1:${proxy.port}`),
      namespace,
      logger: silentLogger,
    });
    onTestFinished(() => far.close());
    const ran = vi.fn(idleHandlers['register-workflow']);
    await startWorker({ 'register-workflow': ran });
    await proxy.use('hang');
    await expect(far.enqueue('register-workflow', { url: 'a.war' }, randomUUID())).rejects.toMatchObject({
      status: 503,
    });
    await proxy.use('pass');
    const next = randomUUID();
    await vi.waitFor(() => far.enqueue('register-workflow', { url: 'b.war' }, next), { timeout: 10_000 });
    await far.waitForEnd('register-workflow', next, 10_000);
    expect(ran).toHaveBeenCalledExactlyOnceWith({ url: 'b.war' }, expect.anything());
  });
});

describe('a job that nobody takes', () => {
  it('is taken back, and says that there is no worker', async () => {
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a.war' }, operationId);
    const waiting = queue.waitForEnd('register-workflow', operationId, 60_000);
    await expect(waiting).rejects.toMatchObject({ code: 'noWorker', status: 503 });
    expect([await queue.operation(operationId), await queue.workers()]).toEqual([undefined, 0]);
  });

  it('waits where a worker is busy', async () => {
    let end: (result: { workflow: string }) => void = () => undefined;
    const busy = new Promise<{ workflow: string }>((resolve) => (end = resolve));
    await startWorker({ 'register-workflow': () => busy });
    expect(await queue.workers()).toBe(1);
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const id of ids) await queue.enqueue('register-workflow', { url: 'a.war' }, id);
    setTimeout(end, 4_000, { workflow: 'w' });
    const ends = ids.map((id) => queue.waitForEnd('register-workflow', id, 20_000));
    expect(await Promise.all(ends)).toEqual(ids.map(() => ({ workflow: 'w' })));
  });
});

describe('a job that is tried again by hand', () => {
  it('runs anew, as an operation of its own, and is told under its id', async () => {
    const seen: string[] = [];
    const register = (_: unknown, job: JobContext): Promise<{ workflow: string }> => {
      seen.push(job.operationId);
      if (seen.length > 1) return Promise.resolve({ workflow: 'w' });
      return Promise.reject(new TorchweaveError('workflowConflict', { workflow: 'w' }));
    };
    await startWorker({ 'register-workflow': register });
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a.war' }, operationId);
    await expect(queue.waitForEnd('register-workflow', operationId, 10_000)).rejects.toMatchObject({
      code: 'workflowConflict',
    });
    await (await queue.queues.get('operations')?.getJob(operationId))?.retry();
    expect(await queue.waitForEnd('register-workflow', operationId, 10_000)).toEqual({ workflow: 'w' });
    expect(seen).toEqual([operationId, `${operationId}.1`]);
    expect(await queue.operation(`${operationId}.1`)).toMatchObject({ id: operationId, state: 'succeeded' });
  });
});

describe('a job whose workers die', () => {
  /** Has the job begun by a worker that is cut off in it. */
  async function dieOf(operationId: string): Promise<void> {
    const proxy = await FaultProxy.start(redis.url);
    let began: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (began = resolve));
    const worker = await startWorker(
      {
        'register-workflow': async (_, job) => {
          if (job.operationId !== operationId) return { workflow: '' };
          began();
          return new Promise((_resolve, reject) => job.signal.addEventListener('abort', reject));
        },
      },
      `redis://127.0.0.1:${proxy.port}`,
    );
    await hasBegun;
    await proxy.use('refuse');
    await worker.close();
    await proxy.close();
  }

  it('is taken up by another when five have died, and failed when six have', async () => {
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a.war' }, operationId);
    for (let deaths = 1; deaths <= 6; deaths += 1) await dieOf(operationId);
    const third = vi.fn(idleHandlers['register-workflow']);
    await startWorker({ 'register-workflow': third });
    await expect(queue.waitForEnd('register-workflow', operationId, 20_000)).rejects.toMatchObject({
      code: 'operationAbandoned',
      data: { reason: 'the workers that ran it ended before it did' },
    });
    expect(third).not.toHaveBeenCalled();
  });
});

describe('a Redis that takes no writes for a moment', () => {
  it.each([
    ['full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['a replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ] as const)('lets what is under way end as soon as it takes them again: %s', async (_what, harm, mend) => {
    let end: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    const handlers: Partial<JobHandlers> = {
      'register-workflow': async () => {
        await mayEnd;
        return { workflow: 'w' };
      },
    };
    // A lock that outlives the harm on a busy machine too: this is of writes, and not of locks.
    await startWorker(handlers, redis.url, 5_000);
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a.war' }, operationId);
    const waiting = queue.waitForEnd('register-workflow', operationId, 20_000);
    await vi.waitFor(async () => expect((await queue.operation(operationId))?.state).toBe('running'));
    await admin.call(harm[0], ...harm.slice(1));
    end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await admin.call(mend[0], ...mend.slice(1));
    expect(await waiting).toEqual({ workflow: 'w' });
    expect((await queue.operation(operationId))?.attempts).toBe(1);
  });

  it('does not keep a worker from ending', async () => {
    let began: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => (began = resolve));
    const worker = await startWorker({
      'register-workflow': (_, job) => {
        began();
        return new Promise((_resolve, reject) => job.signal.addEventListener('abort', reject));
      },
    });
    await queue.enqueue('register-workflow', { url: 'a.war' }, randomUUID());
    await hasBegun;
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    await worker.close();
    await admin.call('REPLICAOF', 'NO', 'ONE');
  });
});

describe('a Redis that goes on taking no writes', () => {
  it.each([
    ['full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ] as const)('keeps a worker from starting, which says why: %s', async (cause, harm, mend) => {
    await admin.call(harm[0], ...harm.slice(1));
    await expect(startWorker({})).rejects.toMatchObject({ code: 'stateRefusesWrites', data: { cause } });
    await admin.call(mend[0], ...mend.slice(1));
  });

  it('is told with its reason to whoever begins something, and it is not begun', async () => {
    const handler = vi.fn(idleHandlers['register-workflow']);
    await startWorker({ 'register-workflow': handler });
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    const operationId = randomUUID();
    await expect(queue.enqueue('register-workflow', { url: 'a.war' }, operationId)).rejects.toMatchObject({
      code: 'stateRefusesWrites',
      data: { cause: 'replica' },
    });
    await admin.call('REPLICAOF', 'NO', 'ONE');
    expect(await queue.operation(operationId)).toBeUndefined();
    expect(handler).not.toHaveBeenCalled();
  });

  it('is told to whoever waits for what is under way, which ends when it takes them again', async () => {
    let end: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    await startWorker({
      'register-workflow': async () => {
        await mayEnd;
        return { workflow: 'w' };
      },
    });
    const operationId = randomUUID();
    await queue.enqueue('register-workflow', { url: 'a.war' }, operationId);
    const waiting = queue.waitForEnd('register-workflow', operationId, 600_000);
    await vi.waitFor(async () => expect((await queue.operation(operationId))?.state).toBe('running'));
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    await expect(waiting).rejects.toMatchObject({
      code: 'operationUncertain',
      status: 503,
      data: { operationId, refused: 'replica' },
      message: expect.stringMatching(/^Redis refuses writes: it is a replica.*GET \/operations\//) as string,
    });
    await admin.call('REPLICAOF', 'NO', 'ONE');
    end();
    expect(await queue.waitForEnd('register-workflow', operationId, 20_000)).toEqual({ workflow: 'w' });
  });
});

describe('a Redis that is gone', () => {
  it('does not keep a worker from ending', async () => {
    const worker = await startWorker({});
    await redis.stop('SIGKILL');
    await worker.close();
    await redis.startAgain();
  });
});
