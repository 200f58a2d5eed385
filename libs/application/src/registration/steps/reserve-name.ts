import { type WorkflowDefinition, servedModelsOf } from '@torchweave/domain';
import type { WorkflowState } from '../../ports/workflow-state.js';
import type { Step } from '../saga/step.js';
import { withRoom } from './with-room.js';

interface Defined {
  readonly definition: WorkflowDefinition;
}

/** From here on the operation holds the name and the names of the models; undone, they are free again. */
export const reserveName: Step<{ readonly state: WorkflowState }, Defined, object, Defined> = {
  name: 'reserve-name',
  title: 'Reserve the name',
  run: async ({ ports: { state }, run, signal }, { definition }) => {
    await withRoom(() => state.reserve(definition, run), signal);
    return {};
  },
  undo: async ({ ports: { state }, run }, { definition }, left) => {
    await state.release(definition.name, run, servedModelsOf(definition), left.orphans);
    return left;
  },
};
