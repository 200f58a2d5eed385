import { isTorchweaveError, type ErrorCode, type WorkflowVersion } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { noRacePoints } from '../registration/saga/race-points.js';
import { runSaga } from '../registration/saga/run-saga.js';
import { versionRemovalSaga, type VersionRemovalPorts } from './version-removal-saga.js';

/** Versions that are retired at once: each waits for the gateways. */
const parallelRetirements = 4;

/** Why one that was kept for long enough stays for now: it answers requests, somebody changes the workflow, or has been here before. */
const reasonsToStay = new Set<ErrorCode>([
  ...(['versionServes', 'workflowBusy', 'versionNotFound', 'workflowNotFound', 'operationAbandoned'] as const),
]);

/** Removes versions that were active and have been kept for long enough. They can be registered again from their archives. */
export async function retireVersions(
  ports: Omit<VersionRemovalPorts, 'racePoints'>,
  signal: AbortSignal,
): Promise<void> {
  const overdue = [...(await ports.versions.overdue())];
  const retireNext = async (): Promise<void> => {
    for (let next = overdue.shift(); next !== undefined && !signal.aborted; next = overdue.shift()) {
      await retire(ports, next, signal);
    }
  };
  await Promise.all(Array.from({ length: parallelRetirements }, retireNext));
}

async function retire(
  ports: Omit<VersionRemovalPorts, 'racePoints'>,
  version: WorkflowVersion,
  signal: AbortSignal,
): Promise<void> {
  const job = {
    ...{ operationId: randomUUID(), signal },
    step: <T>(_: string, run: () => Promise<T>): Promise<T> => run(),
    concerns: () => undefined,
  };
  try {
    await runSaga(versionRemovalSaga, { ...ports, racePoints: noRacePoints }, { ...version, isRetired: true }, job);
    ports.logger.info({ ...version }, 'retired a version');
  } catch (error) {
    if (isTorchweaveError(error, 'stateUnavailable')) throw error;
    if (isTorchweaveError(error) && reasonsToStay.has(error.code)) return;
    ports.logger.error({ ...version, err: error }, 'a version cannot be retired; it is tried again');
  }
}
