import type { JobHandlers, JobQueue, JobWorker, Operation, OperationHistory } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';

/** A queue with workers that run the given handlers; each call of `createWorker` is one more worker. */
export interface QueueUnderTest {
  readonly queue: JobQueue & OperationHistory;
  createWorker(handlers: Partial<JobHandlers>): JobWorker;
  dispose(): Promise<void>;
}

const waitMs = 10_000;

/** The operation, once that many of its steps are told. */
const toldOfSteps = (queue: JobQueue, id: string, count: number): Promise<Operation | undefined> =>
  vi.waitFor(async () => {
    const operation = await queue.operation(id);
    expect(operation?.steps).toHaveLength(count);
    return operation;
  });

/** Cancels an operation that is there. */
async function cancel(queue: JobQueue, id: string): Promise<void> {
  const operation = await queue.operation(id);
  if (operation === undefined) throw new Error('there is no such operation');
  await queue.cancel(operation);
}

/** What every pair of {@link JobQueue} and {@link JobWorker} must do. `create` gives an empty queue. */
export function describeJobQueue(name: string, create: () => Promise<QueueUnderTest>): void {
  const on = (test: (under: QueueUnderTest) => Promise<void>) => async (): Promise<void> => {
    const under = await create();
    try {
      await test(under);
    } finally {
      await under.dispose();
    }
  };

  async function withWorker<T>(
    under: QueueUnderTest,
    handlers: Partial<JobHandlers>,
    run: () => Promise<T>,
  ): Promise<T> {
    const worker = under.createWorker(handlers);
    await worker.start();
    try {
      return await run();
    } finally {
      await worker.close();
    }
  }

  describe(`${name} as a JobQueue`, () => {
    it(
      'brings the payload to a handler and its result to who waits',
      on(async (under) => {
        const id = randomUUID();
        const handlers: Partial<JobHandlers> = {
          'register-workflow': ({ url }, job) => Promise.resolve({ workflow: `${url} ${job.operationId === id}` }),
        };
        await withWorker(under, handlers, async () => {
          await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
          expect(await under.queue.waitForEnd('register-workflow', id, waitMs)).toEqual({ workflow: 'a.war true' });
          // A wait that begins after the end finds the result too.
          expect(await under.queue.waitForEnd('register-workflow', id, waitMs)).toEqual({ workflow: 'a.war true' });
        });
      }),
    );

    it(
      'brings an error of the catalogue back with its data',
      on(async (under) => {
        const id = randomUUID();
        const failure = new TorchweaveError('workflowConflict', { workflow: 'chain' });
        const handlers: Partial<JobHandlers> = { 'register-workflow': () => Promise.reject(failure) };
        await withWorker(under, handlers, async () => {
          await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
          await expect(under.queue.waitForEnd('register-workflow', id, waitMs)).rejects.toMatchObject({
            code: 'workflowConflict',
            status: 409,
            data: { workflow: 'chain' },
          });
          expect(await under.queue.operation(id)).toMatchObject({ state: 'failed', error: failure.toRecord() });
        });
      }),
    );

    it(
      'begins what has failed anew on request, and answers what that run ends with',
      on(async (under) => {
        const id = randomUUID();
        const runs: string[] = [];
        const failure = new TorchweaveError('workflowConflict', { workflow: 'chain' });
        const handlers: Partial<JobHandlers> = {
          'register-workflow': (_, job) => {
            runs.push(job.operationId);
            return runs.length < 3 ? Promise.reject(failure) : Promise.resolve({ workflow: 'chain' });
          },
        };
        const retry = async (): Promise<void> => {
          await under.queue.retry((await under.queue.operation(id)) as Operation);
        };
        await withWorker(under, handlers, async () => {
          await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
          await expect(under.queue.waitForEnd('register-workflow', id, waitMs)).rejects.toMatchObject({
            code: 'workflowConflict',
          });
          await retry();
          await expect(under.queue.waitForEnd('register-workflow', id, waitMs)).rejects.toThrow();
          await retry();
          expect(await under.queue.waitForEnd('register-workflow', id, waitMs)).toEqual({ workflow: 'chain' });
          expect(await under.queue.operation(id)).toMatchObject({ state: 'succeeded' });
          // What has not failed stays as it is.
          await retry();
          expect(await under.queue.operation(id)).toMatchObject({ state: 'succeeded' });
        });
        expect(runs).toEqual([id, `${id}.1`, `${id}.2`]);
      }),
    );

    it(
      'tells what became of operations lately, the newest first',
      on(async (under) => {
        const ids = [randomUUID(), randomUUID(), randomUUID()] as const;
        const failure = new TorchweaveError('workflowConflict', { workflow: 'chain' });
        const handlers: Partial<JobHandlers> = {
          'register-workflow': ({ url }) =>
            url === 'bad.war' ? Promise.reject(failure) : Promise.resolve({ workflow: url }),
        };
        expect(await under.queue.recent(10)).toEqual({ waiting: 0, running: 0, failedLastDay: 0, operations: [] });
        await withWorker(under, handlers, async () => {
          await under.queue.enqueue('register-workflow', { url: 'good.war' }, ids[0]);
          await under.queue.waitForEnd('register-workflow', ids[0], waitMs);
          await under.queue.enqueue('register-workflow', { url: 'bad.war' }, ids[1]);
          await expect(under.queue.waitForEnd('register-workflow', ids[1], waitMs)).rejects.toThrow();
        });
        await under.queue.enqueue('register-workflow', { url: 'later.war' }, ids[2]);
        const recent = await under.queue.recent(10);
        expect(recent).toMatchObject({ waiting: 1, running: 0, failedLastDay: 1 });
        expect(recent.operations.map(({ id, state }) => [id, state])).toEqual([
          [ids[2], 'waiting'],
          [ids[1], 'failed'],
          [ids[0], 'succeeded'],
        ]);
        expect(recent.operations[1]).toEqual(await under.queue.operation(ids[1]));
      }),
    );

    it(
      'runs one operation once, however often it is enqueued',
      on(async (under) => {
        const id = randomUUID();
        let runs = 0;
        const handlers: Partial<JobHandlers> = {
          'register-workflow': () => Promise.resolve({ workflow: String((runs += 1)) }),
        };
        await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
        await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
        await withWorker(under, handlers, async () => {
          await under.queue.waitForEnd('register-workflow', id, waitMs);
          await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
        });
        expect(runs).toBe(1);
      }),
    );

    it(
      'tells the state, the workflow and the steps of an operation',
      on(async (under) => {
        const id = randomUUID();
        expect(await under.queue.operation(id)).toBeUndefined();
        await under.queue.enqueue('unregister-workflow', { workflow: 'chain' }, id);
        expect(await under.queue.operation(id)).toMatchObject({
          id,
          kind: 'unregister-workflow',
          state: 'waiting',
          steps: [],
        });
        let seenWithin: unknown;
        const handlers: Partial<JobHandlers> = {
          'unregister-workflow': async ({ workflow }, job) => {
            job.concerns(workflow);
            await job.step('first', () => Promise.resolve());
            await job.step('second', async () => (seenWithin = await toldOfSteps(under.queue, id, 2)));
            return { workflow };
          },
        };
        await withWorker(under, handlers, () => under.queue.waitForEnd('unregister-workflow', id, waitMs));
        expect(seenWithin).toMatchObject({ state: 'running', workflow: 'chain', attempts: 1 });
        expect(seenWithin).toMatchObject({
          steps: [{ name: 'first', durationMs: expect.any(Number) as number }, { name: 'second' }],
        });
        expect(await under.queue.operation(id)).toMatchObject({
          state: 'succeeded',
          finishedAt: expect.any(String) as string,
          steps: [{ name: 'first' }, { name: 'second', durationMs: expect.any(Number) as number }],
        });
      }),
    );

    it(
      'tells that an operation is pending when the wait is over first',
      on(async (under) => {
        const id = randomUUID();
        await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
        await expect(under.queue.waitForEnd('register-workflow', id, 50)).rejects.toMatchObject({
          code: 'operationPending',
          data: { operationId: id },
        });
      }),
    );

    it(
      'does not know an operation that was never enqueued',
      on(async (under) => {
        await expect(under.queue.waitForEnd('register-workflow', randomUUID(), 50)).rejects.toMatchObject({
          code: 'operationNotFound',
        });
      }),
    );

    it(
      'tries again when the state was away, and succeeds when it is back',
      on(async (under) => {
        const id = randomUUID();
        let runs = 0;
        const away = new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 });
        const handlers: Partial<JobHandlers> = {
          'register-workflow': () =>
            (runs += 1) === 1 ? Promise.reject(away) : Promise.resolve({ workflow: 'chain' }),
        };
        await withWorker(under, handlers, async () => {
          await under.queue.enqueue('register-workflow', { url: 'a.war' }, id);
          expect(await under.queue.waitForEnd('register-workflow', id, waitMs)).toEqual({ workflow: 'chain' });
        });
        expect(runs).toBe(2);
      }),
    );

    it(
      'ends an operation at once that was never begun and is cancelled, and runs none of it',
      on(async (under) => {
        const id = randomUUID();
        const { queue } = under;
        await queue.enqueue('register-workflow', { url: 'a.war' }, id);
        const ended = expect(queue.waitForEnd('register-workflow', id, waitMs)).rejects.toMatchObject({
          ...{ code: 'operationCancelled', status: 409 },
          data: { operationId: id },
        });
        await cancel(queue, id);
        await ended;
        const operation = await queue.operation(id);
        expect(operation).toMatchObject({ state: 'failed', error: { code: 'operationCancelled' }, steps: [] });
        await cancel(queue, id);
        expect(await queue.operation(id)).toEqual(operation);
        const ran: string[] = [];
        const handlers: Partial<JobHandlers> = {
          'register-workflow': (_, job) => Promise.resolve({ workflow: String(ran.push(job.operationId)) }),
        };
        await withWorker(under, handlers, async () => {
          const next = randomUUID();
          await queue.enqueue('register-workflow', { url: 'b.war' }, next);
          await queue.waitForEnd('register-workflow', next, waitMs);
          expect(ran).toEqual([next]);
        });
      }),
    );

    it(
      'notifies whoever runs an operation that is cancelled, and leaves its end to it',
      on(async (under) => {
        const { queue } = under;
        const [undone, committed] = [randomUUID(), randomUUID()];
        const handlers: Partial<JobHandlers> = {
          'register-workflow': async (_, job) => {
            await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
            if (job.operationId === committed) return { workflow: 'w' };
            throw job.signal.reason;
          },
        };
        await withWorker(under, handlers, async () => {
          for (const id of [undone, committed]) {
            await queue.enqueue('register-workflow', { url: 'a.war' }, id);
            await vi.waitFor(async () => expect((await queue.operation(id))?.state).toBe('running'));
            await cancel(queue, id);
          }
          await expect(queue.waitForEnd('register-workflow', undone, waitMs)).rejects.toMatchObject({
            code: 'operationCancelled',
          });
          expect(await queue.waitForEnd('register-workflow', committed, waitMs)).toEqual({ workflow: 'w' });
        });
      }),
    );

    it(
      'repeats the upkeep job by itself, with several workers one at a time',
      on(async (under) => {
        let running = 0;
        let most = 0;
        let ran: () => void = () => undefined;
        const once = new Promise<void>((resolve) => (ran = resolve));
        const handlers: Partial<JobHandlers> = {
          'reconcile-model-servers': async () => {
            most = Math.max(most, (running += 1));
            await Promise.resolve();
            running -= 1;
            ran();
            return { registered: 0, removed: 0 };
          },
        };
        await withWorker(under, handlers, () => withWorker(under, handlers, () => once));
        expect(most).toBe(1);
      }),
    );
  });
}
