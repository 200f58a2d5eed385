import { toTorchweaveError, TorchweaveError, type ModelNode } from '@torchweave/domain';
import { failuresOf, statusOfFailures, type FailedNodes } from '../registration/registration-failure.js';
import { nodesOf, type HeldScaling } from './held-scaling.js';

/**
 * Does something for every node that is scaled, at once.
 *
 * @throws TorchweaveError `scalingFailed` that names each node of which it failed, when all have ended.
 */
export async function forEachNode(held: HeldScaling, act: (node: ModelNode) => Promise<void>): Promise<void> {
  const settled = nodesOf(held).map(async (node): Promise<FailedNodes[]> => {
    try {
      await act(node);
      return [];
    } catch (thrown) {
      return [{ nodes: [node.modelName], error: toTorchweaveError(thrown) }];
    }
  });
  const failed = (await Promise.all(settled)).flat();
  if (failed.length === 0) return;
  const { definition } = held;
  throw new TorchweaveError('scalingFailed', {
    workflow: definition.name,
    failures: failed.flatMap((each) => failuresOf(each, definition)),
    status: statusOfFailures(failed),
  });
}
