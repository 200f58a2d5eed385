import {
  asVersion,
  versionOf,
  type WorkflowDefinition,
  type WorkflowVersion,
  servedModelsOf,
} from '@torchweave/domain';
import type { WorkflowVersions } from '../../ports/workflow-versions.js';
import type { Step } from '../../registration/saga/step.js';
import { withRoom } from '../../registration/steps/with-room.js';

interface Defined {
  readonly definition: WorkflowDefinition;
}

export interface VersionsPorts {
  readonly versions: WorkflowVersions;
}

/** A definition, and the number of a version that was retired, where it is to have that again. */
interface ToReserve extends Defined {
  readonly retired?: number;
}

/** From here on the operation holds the workflow: nobody else changes its versions. */
export const reserveVersion: Step<VersionsPorts, ToReserve, Defined & { readonly served: WorkflowVersion }, Defined> = {
  name: 'reserve-version',
  title: 'Reserve the number of the version, and the names of its models',
  run: async ({ ports: { versions }, run, signal }, { definition: read, retired }) => {
    const define = (version: number): WorkflowDefinition => asVersion(read, version);
    const { definition } = await withRoom(() => versions.reserve(read.name, define, run, retired), signal);
    return { definition, served: versionOf(definition) };
  },
  undo: async ({ ports: { versions }, run }, { definition }, left) => {
    await versions.release(versionOf(definition), run, servedModelsOf(definition), left.orphans);
    return left;
  },
};
