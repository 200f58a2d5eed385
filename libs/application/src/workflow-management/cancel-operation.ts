import { TorchweaveError } from '@torchweave/domain';
import { hasEnded, type JobQueue, type Operation } from '../ports/job-queue.js';
import type { WorkflowState } from '../ports/workflow-state.js';

export interface CancelOperationPorts {
  readonly state: Pick<WorkflowState, 'cancel'>;
  readonly jobs: Pick<JobQueue, 'operation' | 'cancel'>;
}

const wasCancelled = ({ error }: Operation): boolean => error?.code === 'operationCancelled';

/**
 * Cancels what has not been committed. The state is asked first, in one act with what would commit it, so that one of the two
 * wins; the queue is told afterwards, and again where that is asked for again.
 *
 * @returns the operation, which has ended, or is undone by whoever has it, or takes it up. One that was cancelled may be again.
 * @throws TorchweaveError `operationNotFound`; `operationNotCancellable` of one that has committed or ended.
 */
export async function cancelOperation({ state, jobs }: CancelOperationPorts, operationId: string): Promise<Operation> {
  const find = async (): Promise<Operation> => {
    const operation = await jobs.operation(operationId);
    if (operation === undefined) throw new TorchweaveError('operationNotFound', { operationId });
    if (hasEnded(operation) && !wasCancelled(operation))
      throw new TorchweaveError('operationNotCancellable', { operationId, why: 'ended' });
    return operation;
  };
  const operation = await find();
  if (wasCancelled(operation)) return operation;
  if (operation.kind === 'reconcile-model-servers')
    throw new TorchweaveError('operationNotCancellable', { operationId, why: 'upkeep' });
  const why = await state.cancel(operation.runsAs);
  if (why !== 'cancelled') throw new TorchweaveError('operationNotCancellable', { operationId, why });
  await jobs.cancel(operation);
  // Nothing may have been to undo: it may just have failed by itself.
  return find();
}
