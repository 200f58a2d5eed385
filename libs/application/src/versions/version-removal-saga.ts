import type { VersionRemovalPayload } from '../job-catalogue/payloads.js';
import type { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Removal } from '../ports/workflow-state.js';
import type { SagaPorts } from '../registration/saga/run-saga.js';
import { recallReleased, type Saga } from '../registration/saga/saga.js';
import { StepList, type Step } from '../registration/saga/step.js';
import { withdraw } from '../registration/steps/await-gateways.js';
import type { VersionsPorts } from './steps/reserve-version.js';

export interface VersionRemovalPorts extends SagaPorts, VersionsPorts {
  readonly gateways: GatewayRegistry;
  readonly modelServers: ModelServerFleet;
}

/** A version on its way out. */
export interface VersionRemoval extends Removal {
  readonly version: number;
}

interface ToRemove extends VersionRemovalPayload {
  /** It is remembered, to be registered again from its archive. */
  readonly isRetired?: boolean;
}

const beginVersionRemoval: Step<VersionsPorts, ToRemove, Removal, unknown> = {
  name: 'begin-removal',
  title: 'Take the version out of what is served',
  run: ({ ports: { versions }, run }, { workflow, version, isRetired = false }) =>
    versions.beginRemoval({ workflow, version }, run, isRetired),
};

/** Models on a server that is away are left as orphans: reconcile removes them. */
export const removeVersionModels: Step<VersionRemovalPorts, VersionRemoval, object, unknown> = {
  name: 'remove-models',
  title: 'Remove the models of the version',
  run: async ({ ports: { versions, modelServers }, run, assertHeld }, { workflow, version, models }) => {
    await assertHeld();
    const orphans = await modelServers.unregisterAll(models);
    await versions.release({ workflow, version }, run, models, orphans);
    return {};
  },
};

/** Removes a version beside the active one. Once begun it goes to the end. */
export const versionRemovalSaga: Saga<VersionRemovalPorts, ToRemove, VersionRemoval> = {
  toHold: StepList.from<VersionRemovalPorts, VersionRemoval, ToRemove>().then(beginVersionRemoval),
  whileHeld: StepList.from<VersionRemovalPorts, VersionRemoval, VersionRemoval>()
    .then(withdraw)
    .then(removeVersionModels),
  recall: recallReleased,
  workflowOf: ({ workflow }) => workflow,
  modelsOf: ({ models }) => models,
};
