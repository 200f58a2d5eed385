import { nodesToScale, TorchweaveError } from '@torchweave/domain';
import type { ScalingPayload } from '../job-catalogue/payloads.js';
import { recallRecord, type Saga } from '../registration/saga/saga.js';
import { StepList, type Step } from '../registration/saga/step.js';
import { heldScaling, nodesOf, type HeldScaling, type ScalingPorts } from './held-scaling.js';
import { awaitWorkers } from './steps/await-workers.js';
import { scaleModels } from './steps/scale-models.js';
import { storeWorkers } from './steps/store-workers.js';

/** Nodes are looked up in the version that is held: another one may have become the active one since the request. */
const holdWorkflow: Step<ScalingPorts, ScalingPayload, HeldScaling, HeldScaling> = {
  name: 'hold-workflow',
  title: 'Hold the workflow, and note which workers are to be there',
  run: async ({ ports: { scaling }, run }, { workflow, node, minWorkers, maxWorkers }) => {
    const workers = { minWorkers, maxWorkers };
    const record = await scaling.begin(
      workflow,
      (definition) => ({ nodes: nodesToScale(definition, node), workers }),
      run,
    );
    return heldScaling(record, run.operationId);
  },
  undo: async ({ ports: { scaling }, run }, { definition }, left) => {
    await scaling.release(definition.name, run);
    return left;
  },
};

/** Gives model nodes of the active version other numbers of workers on every model server, without a new version. */
export const scalingSaga: Saga<ScalingPorts, ScalingPayload, HeldScaling> = {
  toHold: StepList.from<ScalingPorts, HeldScaling, ScalingPayload>().then(holdWorkflow),
  whileHeld: StepList.from<ScalingPorts, HeldScaling, HeldScaling>()
    .then(scaleModels)
    .then(awaitWorkers)
    .then(storeWorkers),
  recall: (trace, operationId) => {
    const recalled = recallRecord(trace, operationId);
    if (recalled.stage !== 'held') return recalled;
    const held = heldScaling(recalled.held, operationId);
    const failure = recalled.held.scaling?.failure;
    return { stage: 'held', held, ...(failure === undefined ? {} : { failure: TorchweaveError.fromRecord(failure) }) };
  },
  workflowOf: ({ definition }) => definition.name,
  modelsOf: (held) => nodesOf(held).map(({ modelName }) => modelName),
  beginUndo: async ({ ports: { scaling }, run }, { definition }, failure) => {
    await scaling.beginUndo(definition.name, run, failure.toRecord());
  },
};
