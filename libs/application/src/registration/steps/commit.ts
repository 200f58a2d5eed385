import { versionOf, type WorkflowDefinition } from '@torchweave/domain';
import type { WorkflowState } from '../../ports/workflow-state.js';
import type { Step } from '../saga/step.js';
import type { ServedFrom } from './await-gateways.js';

interface Defined {
  readonly definition: WorkflowDefinition;
}

/** The one act by which the workflow is served. */
export const commit: Step<{ readonly state: WorkflowState }, Defined, ServedFrom, unknown> = {
  name: 'commit',
  title: 'Make the version the active one',
  isFinal: true,
  run: async ({ ports: { state }, run }, { definition }) => {
    const { revision } = await state.activate(versionOf(definition), run);
    return { workflow: definition.name, revision };
  },
};
