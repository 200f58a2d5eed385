import { modelNodes, TorchweaveError, type ModelNode, type WorkflowDefinition } from '@torchweave/domain';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { WorkflowScaling } from '../ports/workflow-scaling.js';
import type { ScalingOrder, WorkflowRecord } from '../ports/workflow-state.js';
import type { SagaPorts } from '../registration/saga/run-saga.js';

export interface ScalingPorts extends SagaPorts {
  readonly scaling: WorkflowScaling;
  readonly modelServers: ModelServerFleet;
}

/** A change of workers that has its workflow. */
export interface HeldScaling {
  /** With the numbers as they were. */
  readonly definition: WorkflowDefinition;
  readonly order: ScalingOrder;
}

/** The model nodes whose workers change, with the numbers as they were. */
export const nodesOf = ({ definition, order }: HeldScaling): ModelNode[] =>
  modelNodes(definition).filter(({ name }) => order.nodes.includes(name));

/** @throws TorchweaveError `operationAbandoned` where it is not the operation that changes the workflow's workers. */
export function heldScaling({ definition, scaling }: WorkflowRecord, operationId: string): HeldScaling {
  if (scaling?.operationId !== operationId)
    throw new TorchweaveError('operationAbandoned', { operationId, reason: 'it does not hold the workflow any more' });
  const { nodes, workers } = scaling;
  return { definition, order: { nodes, workers } };
}
