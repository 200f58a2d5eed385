import type { WorkflowVersion } from '@torchweave/domain';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { SagaPorts } from '../registration/saga/run-saga.js';
import { recallCommitted, type Saga } from '../registration/saga/saga.js';
import { StepList } from '../registration/saga/step.js';
import { awaitGateways } from '../registration/steps/await-gateways.js';
import { activateVersion } from './steps/activate.js';
import type { VersionsPorts } from './steps/reserve-version.js';
import type { UpdateOrder } from './update-order.js';

export interface PromotionPorts extends SagaPorts, VersionsPorts {
  readonly gateways: GatewayRegistry;
}

export interface Promotion {
  readonly served: WorkflowVersion;
  readonly order: UpdateOrder;
}

/** Makes a version that is kept beside the active one the active one: one act, so that there is nothing to undo. */
export const promotionSaga: Saga<PromotionPorts, Promotion, Promotion> = {
  toHold: StepList.from<PromotionPorts, Promotion, Promotion>(),
  whileHeld: StepList.from<PromotionPorts, Promotion, Promotion>().then(activateVersion).then(awaitGateways),
  recall: recallCommitted,
  workflowOf: ({ served }) => served.workflow,
  modelsOf: () => [],
};
