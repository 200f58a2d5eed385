import { TorchweaveError } from '@torchweave/domain';
import type { Cancellation } from '@torchweave/kernel';

/** Counts the runs of a workflow that are under way, so that what they need stays until they end. */
export class RunsUnderWay {
  private count = 0;
  private idle: (() => void) | undefined;
  /** Runs for whose answers nobody waits: they are cancelled when what they need is to go. */
  readonly unawaited = new Set<Cancellation>();

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count === 0) this.idle?.();
  }

  /** Resolves when none is under way. Asked once, when no further one can begin. */
  whenNone(): Promise<void> {
    for (const cancellation of this.unawaited) cancellation.abort(new TorchweaveError('clientGone', {}));
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => (this.idle = resolve));
  }
}
