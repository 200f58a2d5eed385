import { servedModelsOf, type WorkflowDefinition } from '@torchweave/domain';
import type { RegistrationPayload } from '../job-catalogue/payloads.js';
import type { SagaPorts } from './saga/run-saga.js';
import { recallRecord, type Saga } from './saga/saga.js';
import { StepList } from './saga/step.js';
import { awaitGateways } from './steps/await-gateways.js';
import { commit } from './steps/commit.js';
import { fetchArchive } from './steps/fetch-archive.js';
import { fetchModels } from './steps/fetch-models.js';
import { probe, type ProbeStepPorts } from './steps/probe.js';
import { readArchive, type ReadArchivePorts } from './steps/read-archive.js';
import { registerNodes, type RegisterNodesPorts } from './steps/register-nodes.js';
import { reserveName } from './steps/reserve-name.js';

export type RegistrationPorts = SagaPorts & ReadArchivePorts & RegisterNodesPorts & ProbeStepPorts;

/** A registration that has its name is recalled by this alone. */
export interface HeldRegistration {
  readonly definition: WorkflowDefinition;
}

/** Registers a workflow. */
export const registrationSaga: Saga<RegistrationPorts, RegistrationPayload, HeldRegistration> = {
  toHold: StepList.from<RegistrationPorts, HeldRegistration, RegistrationPayload>()
    .then(fetchArchive)
    .then(readArchive)
    .then(fetchModels)
    .then(reserveName),
  whileHeld: StepList.from<RegistrationPorts, HeldRegistration, HeldRegistration>()
    .then(registerNodes)
    .then(probe)
    .then(commit)
    .then(awaitGateways),
  recall: (trace, operationId) => {
    const recalled = recallRecord(trace, operationId);
    return recalled.stage === 'held' ? { ...recalled, held: { definition: recalled.held.definition } } : recalled;
  },
  workflowOf: ({ definition }) => definition.name,
  modelsOf: ({ definition }) => servedModelsOf(definition),
  beginUndo: async ({ ports: { state }, run }, { definition }, failure) => {
    await state.beginUndo(definition.name, run, failure.toRecord());
  },
};
