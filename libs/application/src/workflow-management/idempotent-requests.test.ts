import { TorchweaveError } from '@torchweave/domain';
import { idleHandlers } from '@torchweave/testing/builders';
import { InMemoryIdempotencyKeys } from '@torchweave/testing/in-memory/idempotency-keys';
import { InMemoryJobQueue } from '@torchweave/testing/in-memory/job-queue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdempotencyKeys } from '../ports/idempotency-keys.js';
import type { JobWorker } from '../ports/job-queue.js';
import { IdempotentRequests, type RequestUnderKey } from './idempotent-requests.js';
import { submit, type Identify, type Submission } from './submit.js';

const request: RequestUnderKey = { caller: '', key: 'k', asked: { url: 'a.war', more: { x: 1, y: [2, 1] } } };

describe('IdempotentRequests', () => {
  let jobs: InMemoryJobQueue;
  let keys: InMemoryIdempotencyKeys;
  let requests: IdempotentRequests;
  let worker: JobWorker;
  /** Of the registrations that a worker has run. */
  let ran: string[];
  /** What the next of them ends with. */
  let failure: TorchweaveError | undefined;
  beforeEach(async () => {
    jobs = new InMemoryJobQueue();
    keys = new InMemoryIdempotencyKeys();
    requests = new IdempotentRequests({ keys, jobs }, 10_000);
    ran = [];
    failure = undefined;
    worker = jobs.createWorker({
      ...idleHandlers,
      'register-workflow': (_, { operationId }) => {
        ran.push(operationId);
        return failure === undefined ? Promise.resolve({ workflow: 'w' }) : Promise.reject(failure);
      },
    });
    await worker.start();
  });
  afterEach(() => worker.close());

  const beginAs =
    (synchronous: boolean) =>
    (identify: Identify): Promise<Submission> =>
      submit(jobs, 'register-workflow', { url: 'a.war' }, { synchronous, waitMs: 10_000, identify });
  const send = (synchronous = true, asked: object = request.asked, by = requests): Promise<Submission> =>
    by.submit({ ...request, asked }, synchronous, beginAs(synchronous));
  const refused = (code: 'workflowBusy' | 'workflowNotFound') => (): Promise<never> =>
    Promise.reject(new TorchweaveError(code, { workflow: 'w', phase: 'updating', operationId: 'another' } as never));

  it('runs the same request once, and tells its end, or its id, each time', async () => {
    const first = await send();
    expect(first).toEqual({ ended: true, workflow: 'w', operationId: ran[0] });
    expect(await send(true, { more: { y: [2, 1], x: 1 }, url: 'a.war' })).toEqual(first);
    expect(await send(false)).toEqual({ ended: false, operationId: first.operationId });
    expect(ran).toHaveLength(1);
  });

  it('runs one of two that come at the same moment', async () => {
    const [one, two] = await Promise.all([send(), send()]);
    expect(two).toEqual(one);
    expect(ran).toHaveLength(1);
  });

  it('refuses another request under the key', async () => {
    await send();
    await expect(send(true, { ...request.asked, url: 'b.war' })).rejects.toMatchObject({
      code: 'idempotencyKeyReused',
    });
    await expect(send(true, { url: 'a.war', more: { x: 1, y: [1, 2] } })).rejects.toMatchObject({ status: 422 });
    expect(ran).toHaveLength(1);
  });

  it('tells again what an operation has failed with', async () => {
    failure = new TorchweaveError('workflowConflict', { workflow: 'w' });
    await expect(send()).rejects.toMatchObject({ code: 'workflowConflict' });
    failure = undefined;
    await expect(send()).rejects.toMatchObject({ code: 'workflowConflict' });
    expect(ran).toHaveLength(1);
  });

  it('begins again what no worker has begun, under another id', async () => {
    failure = new TorchweaveError('operationExpired', { operationId: 'op' });
    await expect(send()).rejects.toMatchObject({ code: 'operationExpired' });
    failure = undefined;
    await expect(send()).resolves.toMatchObject({ ended: true });
    expect(new Set(ran).size).toBe(2);
    await send();
    expect(ran).toHaveLength(2);
  });

  it('begins what was claimed and never left, under the id that it has', async () => {
    await expect(
      requests.submit(request, true, async (identify) => {
        await identify();
        throw new TorchweaveError('stateUnavailable', { reason: 'killed', retryAfterSeconds: 1 });
      }),
    ).rejects.toMatchObject({ code: 'stateUnavailable' });
    const first = await send();
    expect(first).toMatchObject({ ended: true });
    expect(await send(false)).toEqual({ ended: false, operationId: first.operationId });
    expect(ran).toHaveLength(1);
  });

  it('leaves the key free where the request is refused before it begins', async () => {
    await expect(requests.submit(request, true, refused('workflowNotFound'))).rejects.toMatchObject({ status: 404 });
    await expect(send(true, { url: 'b.war' })).resolves.toMatchObject({ ended: true });
  });

  it('joins the same request where it is refused because that was quicker by a moment', async () => {
    let quicker: Submission | undefined;
    const joined = await requests.submit(request, true, async () => {
      quicker = await send();
      return refused('workflowBusy')();
    });
    expect(joined).toEqual(quicker);
  });

  it('begins nothing while keys cannot be kept', async () => {
    const full = new TorchweaveError('stateRefusesWrites', { cause: 'full', retryAfterSeconds: 5 });
    const readOnly: IdempotencyKeys = { find: (each) => keys.find(each), claim: () => Promise.reject(full) };
    const refusing = new IdempotentRequests({ keys: readOnly, jobs }, 10_000);
    await expect(send(true, request.asked, refusing)).rejects.toBe(full);
    expect(ran).toEqual([]);
  });
});
