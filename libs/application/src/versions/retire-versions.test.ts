import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../ports/logger.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { retireVersions } from './retire-versions.js';
import type { VersionRemovalPorts } from './version-removal-saga.js';

const overdue = ['a', 'b', 'c', 'd', 'e', 'f'].map((workflow) => ({ workflow, version: 1 }));

/** Retires six versions, the first of which fails with `failure`. @returns the workflows whose versions have gone. */
async function retire(failure: Error, errors: string[] = []): Promise<string[]> {
  const gone: string[] = [];
  const versions: Partial<WorkflowVersions> = {
    overdue: () => Promise.resolve(overdue),
    beginRemoval: ({ workflow }) =>
      workflow === 'a' ? Promise.reject(failure) : Promise.resolve({ workflow, revision: 1, models: [] }),
    release: ({ workflow }) => Promise.resolve(void gone.push(workflow)),
  };
  const state = {
    takeUp: (operationId: string) =>
      Promise.resolve({
        run: { operationId, token: '1' },
        isTakenOver: false,
        isCancelled: false,
        trace: { outcome: 'none' },
      }),
    holds: () => Promise.resolve(true),
  };
  const ports = {
    ...{
      versions,
      state,
      logger: { ...silentLogger, error: (_: object, message: string) => void errors.push(message) },
    },
    gateways: { leaseMs: 1, waitFor: () => Promise.resolve([]) },
    modelServers: { unregisterAll: () => Promise.resolve([]) },
  };
  await retireVersions(ports as unknown as VersionRemovalPorts, new AbortController().signal);
  return gone.sort();
}

describe('versions that are kept no longer', () => {
  it.each([
    new TorchweaveError('versionServes', { workflow: 'a', version: 1 }),
    new TorchweaveError('workflowBusy', { workflow: 'a', phase: 'updating', operationId: 'op' }),
  ])('go, but for one that is to stay for now: %s', async (reason) => {
    const errors: string[] = [];
    expect(await retire(reason, errors)).toEqual(['b', 'c', 'd', 'e', 'f']);
    expect(errors).toEqual([]);
  });

  it('go, also where one of them cannot be read, which is told', async () => {
    const errors: string[] = [];
    expect(
      await retire(new TorchweaveError('workflowUnreadable', { workflow: 'a', reason: 'x' }), errors),
    ).toHaveLength(5);
    expect(errors).toHaveLength(1);
  });

  it('are left to the next look where the state is away', async () => {
    const away = new TorchweaveError('stateUnavailable', { reason: 'x', retryAfterSeconds: 1 });
    await expect(retire(away)).rejects.toBe(away);
  });
});
