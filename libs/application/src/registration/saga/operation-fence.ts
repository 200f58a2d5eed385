import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import type { Logger } from '../../ports/logger.js';
import type { OperationRun, WorkflowState } from '../../ports/workflow-state.js';

/**
 * To be awaited right before a run acts on anything that the state cannot refuse.
 *
 * @throws TorchweaveError `operationAbandoned` when another run has the operation.
 */
export async function assertHeld(state: WorkflowState, run: OperationRun): Promise<void> {
  if (await state.holds(run)) return;
  const { operationId } = run;
  throw new TorchweaveError('operationAbandoned', { operationId, reason: 'another worker has taken it up' });
}

/**
 * Does what may put models on model servers, or take them away, for a run of an operation. What a run does that has lost its
 * operation by then is nobody's: the models it was about are noted as in doubt, and reconcile sees to them.
 *
 * @throws whatever `act` throws.
 */
export async function inDoubtWhenLost<T>(
  { state, logger }: { state: WorkflowState; logger: Logger },
  run: OperationRun,
  models: readonly string[],
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isTorchweaveError(error, 'operationAbandoned') && models.length > 0) {
      await state.doubt(models).catch((failure: unknown) => {
        logger.error({ ...run, models, err: failure }, 'what a run that was taken over has left cannot be noted');
      });
    }
    throw error;
  }
}
