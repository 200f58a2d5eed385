import { silentLogger, type JobHandlers } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { RedisLink } from '@torchweave/redis-client';
import { recordings, restoreRecording } from '@torchweave/testing/recordings';
import { TestRedis } from '@torchweave/testing/redis';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { idleHandlers } from '@torchweave/testing/builders';

const namespace = 'jobs';
const prefix = `{${namespace}}:queue`;

let redis: TestRedis;
let admin: Redis;
let queue: BullMqJobQueue;
let left: Queue;
beforeEach(async () => {
  redis = await TestRedis.start();
  admin = new Redis(redis.url);
  const link = new RedisLink(redis.url, silentLogger, namespace);
  queue = await BullMqJobQueue.open({ redis: link, namespace, logger: silentLogger });
  left = new Queue('operations', { connection: { url: redis.url }, prefix });
});
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const worker of closing.splice(0)) await worker.close();
  await left.close();
  await queue.close();
  admin.disconnect();
  await redis.dispose();
});

async function startWorker(handlers: Partial<JobHandlers> = {}): Promise<BullMqJobWorker> {
  const link = new RedisLink(redis.url, silentLogger, namespace);
  const options = { redis: link, namespace, logger: silentLogger, concurrency: 4, lockMs: 500 };
  const worker = new BullMqJobWorker(options, { ...idleHandlers, ...handlers });
  await worker.start();
  closing.push(worker);
  return worker;
}

const keyOf = (operationId: string): string => `${prefix}:operations:${operationId}`;

async function leave(name: string, data: unknown): Promise<string> {
  const operationId = randomUUID();
  await left.add(name, data, { jobId: operationId });
  return operationId;
}

const putBack = (operationId: string): Promise<void> =>
  vi.waitFor(async () => expect(await admin.hget(keyOf(operationId), 'putBack')).not.toBeNull(), { timeout: 10_000 });

describe('jobs that have ended', () => {
  it.each(recordings)('are told as they were stored %s', async (recording) => {
    await restoreRecording(admin, recording);
    const link = new RedisLink(redis.url, silentLogger, 'torchweave');
    const recorded = await BullMqJobQueue.open({ redis: link, namespace: 'torchweave', logger: silentLogger });
    closing.push(recorded);
    const operations = await Promise.all(
      [...(await admin.zrange('{torchweave}:queue:operations:completed', '0', '-1'))].map((id) =>
        recorded.operation(id),
      ),
    );
    expect(operations.map((operation) => [operation?.kind, operation?.state, operation?.workflow])).toEqual([
      ['register-workflow', 'succeeded', 'chain'],
      ['register-workflow', 'succeeded', 'fnonly'],
      ['register-workflow', 'succeeded', 'diamond'],
      ['register-workflow', 'succeeded', 'gone'],
      ['unregister-workflow', 'succeeded', 'gone'],
    ]);
    const [failed = ''] = await admin.zrange('{torchweave}:queue:operations:failed', '0', '-1');
    const operation = await recorded.operation(failed);
    expect(operation).toMatchObject({ state: 'failed', error: { code: 'registrationFailed' } });
    const steps = ['fetch-archive', 'read-archive', 'reserve-name', 'register-nodes', 'undo'];
    expect(operation?.steps.map(({ name }) => name).filter((name) => name !== 'fetch-models')).toEqual(steps);
  });
});

describe('a job', () => {
  it('as 0.1.0 left it is run', async () => {
    // What 0.1.0's api wrote.
    const operationId = await leave('register-workflow', {
      schemaVersion: 1,
      payload: { url: 'digits.war', workflowName: 'mine' },
    });
    const register = vi.fn(idleHandlers['register-workflow']);
    await startWorker({ 'register-workflow': register });
    await queue.waitForEnd('register-workflow', operationId, 10_000);
    expect(register).toHaveBeenCalledExactlyOnceWith({ url: 'digits.war', workflowName: 'mine' }, expect.anything());
  });

  it.each([
    ['of a newer schema', 'register-workflow', { schemaVersion: 3, payload: { urls: ['a.war'] } }],
    ['of a kind that is not known', 'update-workflow', { schemaVersion: 1, payload: { url: 'a.war' } }],
  ])('%s is left to a newer worker, without an attempt', async (_, name, data) => {
    const register = vi.fn(idleHandlers['register-workflow']);
    const worker = await startWorker({ 'register-workflow': register });
    const operationId = await leave(name, data);
    await putBack(operationId);
    expect(worker.jobsOfNewerVersions).toBe(1);
    await vi.waitFor(async () =>
      expect(await queue.operation(operationId)).toMatchObject({ state: 'waiting', attempts: 0, steps: [] }),
    );
    await worker.close();
    const newer = new Worker('operations', () => Promise.resolve({ workflow: 'w' }), {
      connection: { url: redis.url, maxRetriesPerRequest: null },
      prefix,
    });
    closing.push(newer);
    expect(await queue.waitForEnd('register-workflow', operationId, 10_000).catch(() => undefined)).toEqual({
      workflow: 'w',
    });
    expect(await queue.operation(operationId)).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(register).not.toHaveBeenCalled();
  });

  it('for which no newer worker comes in time ends with that sentence', async () => {
    const operationId = await leave('register-workflow', { schemaVersion: 3, payload: {} });
    await admin.hset(keyOf(operationId), 'putBack', '600');
    await startWorker();
    const waiting = queue.waitForEnd('register-workflow', operationId, 10_000);
    await expect(waiting).rejects.toMatchObject({
      code: 'operationOfNewerVersion',
      status: 503,
      data: { reason: 'it has schema version 3, this version reads 2', waitedSeconds: 600 },
    });
  });

  it.each([
    ['without a schema version', { payload: { url: 'a.war' } }],
    ['of a schema version that never was', { schemaVersion: 0, payload: { url: 'a.war' } }],
    ['with a payload that is none', { schemaVersion: 1, payload: { url: 7 } }],
  ])('%s fails at once', async (_, data) => {
    await startWorker();
    const operationId = await leave('register-workflow', data);
    await expect(queue.waitForEnd('register-workflow', operationId, 10_000)).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('that failed with an error of a newer version is told with its code', async () => {
    await startWorker({
      'register-workflow': (_payload, job) => {
        return Promise.resolve({ workflow: job.operationId });
      },
    });
    const operationId = await leave('unregister-workflow', { schemaVersion: 1, payload: { workflow: 'w' } });
    await vi.waitFor(async () => expect((await queue.operation(operationId))?.state).toBe('succeeded'));
    const failed = JSON.stringify({
      steps: [{ name: 'x', startedAt: 'now' }, 7],
      error: { code: 'tooSoon', data: {} },
    });
    await admin.hset(keyOf(operationId), 'progress', failed);
    await admin.hdel(keyOf(operationId), 'returnvalue');
    await expect(queue.waitForEnd('unregister-workflow', operationId, 1_000)).rejects.toMatchObject({
      code: 'errorOfOtherVersion',
      data: { code: 'tooSoon' },
    });
    expect(await queue.operation(operationId)).toMatchObject({ steps: [{ name: 'x', startedAt: 'now' }] });
  });
});
