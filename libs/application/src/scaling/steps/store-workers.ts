import { withWorkers } from '@torchweave/domain';
import type { Step } from '../../registration/saga/step.js';
import type { HeldScaling, ScalingPorts } from '../held-scaling.js';

/** From here on a model that is registered again has the new numbers. */
export const storeWorkers: Step<ScalingPorts, HeldScaling, object, unknown> = {
  name: 'store-workers',
  title: 'Store the new numbers with the version',
  isFinal: true,
  run: async ({ ports: { scaling }, run }, { definition, order: { nodes, workers } }) => {
    await scaling.commit(withWorkers(definition, nodes, workers), run);
    return {};
  },
};
