import { servedModelsOf, versionOf } from '@torchweave/domain';
import type { TorchweaveError, WorkflowDefinition, WorkflowVersion } from '@torchweave/domain';
import type { UpdatePayload } from '../job-catalogue/payloads.js';
import type { OperationTrace } from '../ports/workflow-state.js';
import type { RegistrationPorts } from '../registration/registration-saga.js';
import { recallRecord, type Recalled, type Saga } from '../registration/saga/saga.js';
import { StepList, type Step, type StepContext } from '../registration/saga/step.js';
import { awaitGateways } from '../registration/steps/await-gateways.js';
import { fetchArchive } from '../registration/steps/fetch-archive.js';
import { fetchModels } from '../registration/steps/fetch-models.js';
import { probe } from '../registration/steps/probe.js';
import { readArchive } from '../registration/steps/read-archive.js';
import { registerNodes } from '../registration/steps/register-nodes.js';
import { activateVersion } from './steps/activate.js';
import { reserveVersion, type VersionsPorts } from './steps/reserve-version.js';
import { watch } from './steps/watch.js';
import type { UpdateOrder } from './update-order.js';

export type UpdatePorts = RegistrationPorts & VersionsPorts;

/** What an update begins with: the workflow's name wins over that in the archive's manifest. */
export interface UpdateRequest extends Pick<UpdatePayload, 'url' | 'sha256' | 'uploaded'> {
  readonly workflowName: string;
  readonly order: UpdateOrder;
}

/** An update that has its version. */
export interface HeldUpdate {
  readonly definition: WorkflowDefinition;
  readonly served: WorkflowVersion;
  readonly order: UpdateOrder;
  /** It is the active version already, and watched. */
  readonly isActive?: true;
}

/** A run that takes over while the version is watched has nothing to register any more. */
const registerUnlessActive: Step<UpdatePorts, HeldUpdate, object, HeldUpdate> = {
  ...registerNodes,
  run: (context, held) => (held.isActive === true ? Promise.resolve({}) : registerNodes.run(context, held)),
};

/** Nor is one that serves already sent a probe. */
const probeUnlessActive: Step<UpdatePorts, HeldUpdate, object, HeldUpdate> = {
  ...probe,
  run: (context, held) => (held.isActive === true ? Promise.resolve({}) : probe.run(context, held)),
};

/** What registers and activates a version whose number is reserved. */
export const registerAndActivate = StepList.from<UpdatePorts, HeldUpdate, HeldUpdate>()
  .then(registerUnlessActive)
  .then(probeUnlessActive)
  .then(activateVersion)
  .then(awaitGateways)
  .then(watch);

/** What happens to a version that an operation has reserved, whatever it began with. */
export const ofHeldVersion: Pick<Saga<UpdatePorts, unknown, HeldUpdate>, 'workflowOf' | 'modelsOf' | 'beginUndo'> = {
  workflowOf: ({ definition }) => definition.name,
  modelsOf: ({ definition }) => servedModelsOf(definition),
  beginUndo,
};

/** Makes the next version of a workflow beside the one that serves, and lets it serve: what fails before leaves that one untouched. */
export const updateSaga: Saga<UpdatePorts, UpdateRequest, HeldUpdate> = {
  toHold: StepList.from<UpdatePorts, HeldUpdate, UpdateRequest>()
    .then(fetchArchive)
    .then(readArchive)
    .then(fetchModels)
    .then(reserveVersion),
  whileHeld: registerAndActivate,
  recall: (trace, operationId, { order }) => recallVersion(trace, operationId, order),
  ...ofHeldVersion,
};

/** @throws the error that the operation has failed with. */
export function recallVersion(trace: OperationTrace, operationId: string, order: UpdateOrder): Recalled<HeldUpdate> {
  const recalled = recallRecord(trace, operationId);
  if (recalled.stage !== 'held') return recalled;
  const { definition, phase } = recalled.held;
  const held = { definition, served: versionOf(definition), order };
  return { ...recalled, held: phase === 'ready' ? { ...held, isActive: true } : held };
}

/** One that is the active version gives way to the one before it first. */
async function beginUndo(
  { ports: { versions, gateways }, run }: StepContext<UpdatePorts>,
  { served }: HeldUpdate,
  failure: TorchweaveError,
): Promise<void> {
  const record = await versions.get(served);
  if (record?.phase !== 'ready') return versions.beginUndo(served, run, failure.toRecord());
  const revision = await versions.rollBack(served, run, failure.toRecord());
  await gateways.waitFor(revision, gateways.leaseMs * 2);
}
