import { isTorchweaveError } from '@torchweave/domain';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { WorkflowState } from '../ports/workflow-state.js';

export interface UnregisterByStatePorts {
  readonly state: WorkflowState;
  readonly gateways: GatewayRegistry;
}

/**
 * Unregisters a workflow without a job, by the state alone: a state that is full takes no jobs, and this makes room. Its models
 * are left to reconcile.
 *
 * @throws TorchweaveError `workflowNotFound` or `workflowBusy`.
 */
export async function unregisterByState(
  { state, gateways }: UnregisterByStatePorts,
  workflow: string,
  operationId: string,
): Promise<void> {
  const { run } = await state.takeUp(operationId);
  const { revision, models } = await state.beginRemoval(workflow, run);
  await gateways.waitFor(revision, gateways.leaseMs * 2);
  await state.release(workflow, run, models, models);
}

/** Whether the state is full, so that what it refused it is going to refuse again. */
export async function isFull(state: WorkflowState): Promise<boolean> {
  try {
    await state.probeWrites();
    return false;
  } catch (error) {
    return isTorchweaveError(error, 'stateRefusesWrites') && error.data.cause === 'full';
  }
}
