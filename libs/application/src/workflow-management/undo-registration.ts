import { modelNodes, type TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { WorkflowState } from '../ports/workflow-state.js';
import type { RacePoints } from './race-points.js';

/**
 * Removes what a registration put on the model servers and releases the name. Models on a server that is away are noted
 * as orphans, so that the name is free at once and reconcile removes them later.
 */
export async function undoRegistration(
  ports: { state: WorkflowState; modelServers: ModelServerFleet; racePoints: RacePoints },
  definition: WorkflowDefinition,
  operationId: string,
  failure: TorchweaveError,
): Promise<void> {
  await ports.state.beginUndo(definition.name, operationId, failure.toRecord());
  await ports.racePoints.reach('undo-begun');
  const orphans = await ports.modelServers.unregisterAll(modelNodes(definition).map((node) => node.modelName));
  await ports.state.release(definition.name, operationId, orphans);
}
