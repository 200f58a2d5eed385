const firstMs = 100;
const longestMs = 10_000;

/** How long to wait before a process is started again, when starting has failed several times in a row. */
export class Backoff {
  private failures = 0;

  /** Counts a failure. @returns ms to wait. */
  next(): number {
    this.failures += 1;
    return Math.min(longestMs, firstMs * 2 ** (this.failures - 1));
  }

  reset(): void {
    this.failures = 0;
  }
}
