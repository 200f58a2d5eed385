import { modelNodes, type TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { OperationRun, WorkflowState } from '../ports/workflow-state.js';
import { assertHeld } from './operation-fence.js';
import type { RacePoints } from './race-points.js';

/**
 * Removes what a registration put on the model servers and releases the name. Models on a server that is away are noted
 * as orphans, so that the name is free at once and reconcile removes them later.
 *
 * @throws TorchweaveError `operationAbandoned` for a run that no longer has the operation: before it has removed anything, or
 * after.
 */
export async function undoRegistration(
  ports: { state: WorkflowState; modelServers: ModelServerFleet; racePoints: RacePoints },
  definition: WorkflowDefinition,
  run: OperationRun,
  failure: TorchweaveError,
): Promise<void> {
  const models = modelNodes(definition).map((node) => node.modelName);
  await ports.state.beginUndo(definition.name, run, failure.toRecord());
  await ports.racePoints.reach('undo-begun');
  await assertHeld(ports.state, run);
  const orphans = await ports.modelServers.unregisterAll(models);
  await ports.state.release(definition.name, run, models, orphans);
}
