import { awaitReadyWorkers } from '../../model-server-fleet/scale-model.js';
import type { Step } from '../../registration/saga/step.js';
import type { HeldScaling, ScalingPorts } from '../held-scaling.js';
import { forEachNode } from '../scaling-failure.js';

export const awaitWorkers: Step<ScalingPorts, HeldScaling, object, HeldScaling> = {
  name: 'await-workers',
  title: 'Wait until the workers are ready',
  run: async ({ ports: { modelServers }, signal }, held) => {
    const { minWorkers } = held.order.workers;
    await forEachNode(held, ({ modelName }) => awaitReadyWorkers(modelServers.managed, modelName, minWorkers, signal));
    return {};
  },
};
