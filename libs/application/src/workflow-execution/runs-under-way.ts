/** Counts the runs of a workflow that are under way, so that what they need stays until they end. */
export class RunsUnderWay {
  private count = 0;
  private idle: (() => void) | undefined;

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count === 0) this.idle?.();
  }

  /** Resolves when none is under way. Asked once, when no further one can begin. */
  whenNone(): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => (this.idle = resolve));
  }
}
