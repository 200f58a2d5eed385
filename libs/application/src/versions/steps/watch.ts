import { TorchweaveError, type WorkflowVersion } from '@torchweave/domain';
import type { OperationRun } from '../../ports/workflow-state.js';
import type { WorkflowVersions } from '../../ports/workflow-versions.js';
import type { Step } from '../../registration/saga/step.js';
import type { UpdateOrder } from '../update-order.js';
import type { VersionsPorts } from './reserve-version.js';

interface Watched {
  readonly served: WorkflowVersion;
  readonly order: UpdateOrder;
}

interface Judged {
  readonly served: WorkflowVersion;
  readonly run: OperationRun;
  readonly maxErrorRate: number;
}

/** ms between two looks. */
const lookMs = 500;
/** Predictions below which a rate says nothing yet; at the end any number does. */
const fewPredictions = 20;

/** Looks at what becomes of the predictions of the version that was made the active one, and throws when too many fail. */
export const watch: Step<VersionsPorts, Watched, object, Watched> = {
  name: 'watch',
  title: 'Watch what becomes of its predictions',
  isFinal: true,
  run: async ({ ports: { versions }, run, signal, assertHeld }, { served, order }) => {
    if (order.watchMs === undefined) return {};
    const until = performance.now() + order.watchMs;
    for (let isOver = false; !isOver;) {
      const leftMs = until - performance.now();
      isOver = leftMs <= 0;
      await assertFewFail(versions, { served, run, maxErrorRate: order.maxErrorRate }, isOver ? 1 : fewPredictions);
      await assertHeld();
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, Math.min(lookMs, leftMs)));
      signal.throwIfAborted();
    }
    await versions.endWatch(served, run);
    return {};
  },
};

/** @throws TorchweaveError `updateRolledBack`. */
async function assertFewFail(
  versions: WorkflowVersions,
  { served, run, maxErrorRate }: Judged,
  enough: number,
): Promise<void> {
  const { total, failed } = await versions.outcomes(run.operationId);
  if (total < enough || failed <= total * maxErrorRate) return;
  const before = (await versions.get(served))?.pointers?.watched?.before;
  const { operationId } = run;
  if (before === undefined)
    throw new TorchweaveError('operationAbandoned', { operationId, reason: 'its version is not watched any more' });
  throw new TorchweaveError('updateRolledBack', { ...served, failed, total, maxErrorRate, active: before });
}
