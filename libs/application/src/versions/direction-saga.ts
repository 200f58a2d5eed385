import type { DirectionPayload } from '../job-catalogue/payloads.js';
import { recallCommitted, type Saga } from '../registration/saga/saga.js';
import { StepList, type Step } from '../registration/saga/step.js';
import { awaitGateways, type ServedFrom } from '../registration/steps/await-gateways.js';
import type { PromotionPorts } from './promotion-saga.js';

const direct: Step<PromotionPorts, DirectionPayload, ServedFrom, unknown> = {
  name: 'direct',
  title: 'Share the requests out among the versions',
  run: async ({ ports: { versions }, run }, { workflow, traffic }) => {
    const { revision } = await versions.direct(workflow, run, traffic);
    return { workflow, revision };
  },
};

/** Shares the requests of a workflow out among its versions: one act, so that there is nothing to undo. */
export const directionSaga: Saga<PromotionPorts, DirectionPayload, DirectionPayload> = {
  toHold: StepList.from<PromotionPorts, DirectionPayload, DirectionPayload>(),
  whileHeld: StepList.from<PromotionPorts, DirectionPayload, DirectionPayload>().then(direct).then(awaitGateways),
  recall: recallCommitted,
  workflowOf: ({ workflow }) => workflow,
  modelsOf: () => [],
};
