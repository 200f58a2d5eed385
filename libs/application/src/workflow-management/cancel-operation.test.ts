import { TorchweaveError } from '@torchweave/domain';
import { idleHandlers } from '@torchweave/testing/builders';
import { InMemoryJobQueue } from '@torchweave/testing/in-memory/job-queue';
import { InMemoryWorkflowState } from '@torchweave/testing/in-memory/workflow-state';
import { describe, expect, it } from 'vitest';
import type { Cancellation } from '../ports/workflow-state.js';
import { cancelOperation } from './cancel-operation.js';

const payload = { url: 'a.war' };

function installation() {
  const state = new InMemoryWorkflowState();
  const jobs = new InMemoryJobQueue();
  return { state, jobs, cancel: (id: string) => cancelOperation({ state, jobs }, id) };
}

describe('cancelOperation', () => {
  it('ends what was never begun, and again is no error', async () => {
    const { state, jobs, cancel } = installation();
    await jobs.enqueue('register-workflow', payload, 'op');
    const ended = await cancel('op');
    expect(ended).toMatchObject({ id: 'op', state: 'failed', error: { code: 'operationCancelled' } });
    expect(await cancel('op')).toEqual(ended);
    expect(await state.cancel('op')).toBe('cancelled');
  });

  it('notifies whoever is at it, who ends it', async () => {
    const { jobs, cancel } = installation();
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const worker = jobs.createWorker({
      ...idleHandlers,
      'register-workflow': async (_, job) => {
        begin();
        await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
        throw job.signal.reason;
      },
    });
    await worker.start();
    await jobs.enqueue('register-workflow', payload, 'op');
    await begun;
    expect((await cancel('op')).id).toBe('op');
    await expect(jobs.waitForEnd('register-workflow', 'op', 20_000)).rejects.toMatchObject({
      code: 'operationCancelled',
    });
    await worker.close();
  });

  it('refuses what is not there, and what has ended by itself', async () => {
    const { jobs, cancel } = installation();
    await expect(cancel('none')).rejects.toMatchObject({ code: 'operationNotFound' });
    const worker = jobs.createWorker({
      ...idleHandlers,
      'unregister-workflow': () => Promise.reject(new TorchweaveError('workflowNotFound', { workflow: 'w' })),
    });
    await worker.start();
    await jobs.enqueue('register-workflow', payload, 'done');
    await jobs.enqueue('unregister-workflow', { workflow: 'w' }, 'failed');
    await jobs.waitForEnd('register-workflow', 'done', 20_000);
    await expect(jobs.waitForEnd('unregister-workflow', 'failed', 20_000)).rejects.toThrow();
    const refused = { code: 'operationNotCancellable', status: 409, data: { why: 'ended' } };
    await expect(cancel('done')).rejects.toMatchObject(refused);
    await expect(cancel('failed')).rejects.toMatchObject(refused);
    await worker.close();
  });

  it.each(['committed', 'removing', 'ended'] satisfies Cancellation[])(
    'asks the queue for nothing when the state says that it is too late: %s',
    async (why) => {
      const { jobs } = installation();
      await jobs.enqueue('register-workflow', payload, 'op');
      const late = cancelOperation({ state: { cancel: () => Promise.resolve(why) }, jobs }, 'op');
      await expect(late).rejects.toMatchObject({ code: 'operationNotCancellable', data: { operationId: 'op', why } });
      expect((await jobs.operation('op'))?.state).toBe('waiting');
    },
  );

  it('leaves upkeep alone', async () => {
    const { state, jobs } = installation();
    await jobs.enqueue('reconcile-model-servers', {}, 'upkeep');
    await expect(cancelOperation({ state, jobs }, 'upkeep')).rejects.toMatchObject({ data: { why: 'upkeep' } });
  });
});
