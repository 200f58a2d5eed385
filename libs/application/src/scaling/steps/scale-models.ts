import type { ModelNode, WorkerRange } from '@torchweave/domain';
import { scaleModel } from '../../model-server-fleet/scale-model.js';
import type { Step, StepContext } from '../../registration/saga/step.js';
import { nodesOf, type HeldScaling, type ScalingPorts } from '../held-scaling.js';
import { forEachNode } from '../scaling-failure.js';

/** ms that putting the numbers back may take. */
const undoTimeoutMs = 60_000;

/**
 * On every model server that is up. What one that is away keeps is in doubt, and so is what cannot be put back: reconcile sees to
 * it that these models are as the definition says.
 */
export const scaleModels: Step<ScalingPorts, HeldScaling, object, HeldScaling> = {
  name: 'scale-models',
  title: 'Scale the workers on every model server',
  run: async (context, held) => {
    await context.assertHeld();
    await forEachNode(held, ({ modelName }) => scale(context, modelName, held.order.workers, context.signal));
    return {};
  },
  undo: async (context, held, left) => {
    const signal = AbortSignal.timeout(undoTimeoutMs);
    const putBackNode = ({ modelName, minWorkers, maxWorkers }: ModelNode): Promise<void> =>
      putBack(context, modelName, { minWorkers, maxWorkers }, signal);
    await Promise.all(nodesOf(held).map(putBackNode));
    return left;
  },
};

async function scale(
  { ports: { modelServers, state } }: StepContext<ScalingPorts>,
  model: string,
  workers: WorkerRange,
  signal: AbortSignal,
): Promise<void> {
  const isEverywhere = await scaleModel(modelServers.managed, model, workers, signal);
  if (!isEverywhere) await state.doubt([model]);
}

async function putBack(
  context: StepContext<ScalingPorts>,
  model: string,
  before: WorkerRange,
  signal: AbortSignal,
): Promise<void> {
  const { state, logger } = context.ports;
  try {
    await scale(context, model, before, signal);
  } catch (error) {
    logger.warn({ model, err: error }, 'the workers of a model cannot be put back; reconcile tries again');
    await state.doubt([model]);
  }
}
