import type { TorchweaveError } from '@torchweave/domain';
import { afterUndoOf, undoBegun, type Saga } from './saga.js';
import type { Leftovers, StepContext } from './step.js';

/**
 * Undoes every step that can be, in reverse, also those that may not have begun: who takes over cannot know. Again is no
 * error.
 *
 * @throws TorchweaveError `operationAbandoned` for a run that no longer has the operation: before it has undone anything more.
 */
export async function undoSteps<Ports, Payload, Held>(
  saga: Saga<Ports, Payload, Held>,
  context: StepContext<Ports>,
  held: Held,
  failure: TorchweaveError,
): Promise<void> {
  await saga.beginUndo?.(context, held, failure);
  await context.reach(undoBegun);
  let left: Leftovers = { orphans: [] };
  for (const { name, undo } of [...saga.toHold.steps, ...saga.whileHeld.steps].reverse()) {
    if (undo === undefined) continue;
    await context.assertHeld();
    left = await undo(context, held, left);
    await context.reach(afterUndoOf(name));
  }
}
