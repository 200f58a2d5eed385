import { isTorchweaveError } from '@torchweave/domain';

/** ms for which a full state is met again before the operation is refused: somebody may be making room. */
const patienceMs = 10_000;
const pauseMs = 250;

/**
 * Runs a write that a full state refuses until there is room. What was accepted does not fail of a moment without any.
 *
 * @throws what the write throws, `stateRefusesWrites` after 10 s of it; the reason of `signal`.
 */
export async function withRoom<T>(write: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      const isFull = isTorchweaveError(error, 'stateRefusesWrites') && error.data.cause === 'full';
      if (!isFull || performance.now() >= until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    signal.throwIfAborted();
  }
}
