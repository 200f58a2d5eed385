import type { Removal, WorkflowState } from '../../ports/workflow-state.js';
import type { Step } from '../saga/step.js';

/** From here on the operation holds the workflow, and it is on its way out. */
export const beginRemoval: Step<{ readonly state: WorkflowState }, { readonly workflow: string }, Removal, unknown> = {
  name: 'begin-removal',
  title: 'Take the workflow out of what is served',
  run: ({ ports: { state }, run }, { workflow }) => state.beginRemoval(workflow, run),
};
