import { isTorchweaveError } from '@torchweave/domain';
import type { WorkflowState } from '../ports/workflow-state.js';

/** Why the state takes no writes, where that is so; a state that is away is told elsewhere. */
export async function writeRefusal(state: Pick<WorkflowState, 'probeWrites'>): Promise<string | undefined> {
  try {
    await state.probeWrites();
    return undefined;
  } catch (error) {
    return isTorchweaveError(error, 'stateRefusesWrites') ? error.message : undefined;
  }
}
