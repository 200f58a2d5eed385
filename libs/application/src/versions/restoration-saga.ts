import { TorchweaveError, type WorkflowDefinition } from '@torchweave/domain';
import type { Saga } from '../registration/saga/saga.js';
import { StepList, type Step } from '../registration/saga/step.js';
import { reserveVersion, type VersionsPorts } from './steps/reserve-version.js';
import { ofHeldVersion, recallVersion, registerAndActivate, type HeldUpdate, type UpdatePorts } from './update-saga.js';
import type { UpdateOrder } from './update-order.js';

export interface RestorationRequest {
  readonly workflow: string;
  readonly version: number;
  readonly order: UpdateOrder;
}

interface Retired {
  readonly definition: WorkflowDefinition;
  readonly retired: number;
}

const findRetired: Step<VersionsPorts, RestorationRequest, Retired, unknown> = {
  name: 'find-version',
  title: 'Find what is known of the version',
  run: async ({ ports: { versions } }, { workflow, version }) => {
    const { retired = [] } = (await versions.list(workflow)) ?? {};
    const definition = retired.find((each) => each.version === version);
    if (definition === undefined) throw new TorchweaveError('versionNotFound', { workflow, version });
    return { definition, retired: version };
  },
};

/** Registers a version that was kept no longer, from its archive in the store, and lets it serve again. */
export const restorationSaga: Saga<UpdatePorts, RestorationRequest, HeldUpdate> = {
  toHold: StepList.from<UpdatePorts, HeldUpdate, RestorationRequest>().then(findRetired).then(reserveVersion),
  whileHeld: registerAndActivate,
  recall: (trace, operationId, { order }) => recallVersion(trace, operationId, order),
  ...ofHeldVersion,
};
