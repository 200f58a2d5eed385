import type { OperationRun } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';

/** s that a finished operation is remembered. */
export const operationTtl = 86_400;
/** What stands for the owner of a model while it is being removed begins so; no workflow can have such a name. */
export const removalMark = '(removal)';
/** ms that a reservation waits for the removal of a model of that name, and between two looks. */
export const longestRemovalMs = 15_000;
export const removalPollMs = 50;

/** ISO 8601, UTC. */
export const now = (): string => new Date().toISOString();

/** What a run is told that has lost its operation. */
export const lost = ({ operationId }: OperationRun): TorchweaveError<'operationAbandoned'> =>
  new TorchweaveError('operationAbandoned', { operationId, reason: 'it does not hold the workflow any more' });

/** What a run is told whose operation was cancelled. */
export const cancelled = ({ operationId }: OperationRun): TorchweaveError<'operationCancelled'> =>
  new TorchweaveError('operationCancelled', { operationId });
