import type { UnregistrationPayload } from '../job-catalogue/payloads.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Removal } from '../ports/workflow-state.js';
import type { SagaPorts } from './saga/run-saga.js';
import { recallReleased, type Saga } from './saga/saga.js';
import { StepList } from './saga/step.js';
import { withdraw } from './steps/await-gateways.js';
import { beginRemoval } from './steps/begin-removal.js';
import { removeModels, type RemoveModelsPorts } from './steps/remove-models.js';

export interface UnregistrationPorts extends SagaPorts, RemoveModelsPorts {
  readonly gateways: GatewayRegistry;
}

/**
 * Unregisters a workflow: no gateway serves it any more, then its models leave the model servers, then its name is free.
 * Once begun it goes to the end: there is nothing to go back to.
 */
export const unregistrationSaga: Saga<UnregistrationPorts, UnregistrationPayload, Removal> = {
  toHold: StepList.from<UnregistrationPorts, Removal, UnregistrationPayload>().then(beginRemoval),
  whileHeld: StepList.from<UnregistrationPorts, Removal, Removal>().then(withdraw).then(removeModels),
  recall: recallReleased,
  workflowOf: ({ workflow }) => workflow,
  modelsOf: ({ models }) => models,
};
