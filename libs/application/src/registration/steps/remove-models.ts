import type { ModelServerFleet } from '../../model-server-fleet/model-server-fleet.js';
import type { Removal, WorkflowState } from '../../ports/workflow-state.js';
import type { Step, StepContext } from '../saga/step.js';

export interface RemoveModelsPorts {
  readonly state: WorkflowState;
  readonly modelServers: ModelServerFleet;
}

const modelsRemoved = 'models-removed';

/** Models on a server that is away are left as orphans, so that the name is free at once: reconcile removes them. */
export const removeModels: Step<RemoveModelsPorts, Removal, object, unknown> = {
  name: 'remove-models',
  title: 'Remove the models, and release the name',
  moments: [modelsRemoved],
  run: async ({ ports: { state, modelServers }, run, assertHeld, reach }: StepContext<RemoveModelsPorts>, removal) => {
    const { workflow, models } = removal;
    await assertHeld();
    const orphans = await modelServers.unregisterAll(models);
    await reach(modelsRemoved);
    await state.release(workflow, run, models, orphans);
    return {};
  },
};
