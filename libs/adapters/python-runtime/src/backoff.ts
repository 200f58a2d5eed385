const firstMs = 100;
const longestMs = 10_000;

/** How long to wait before something is started again, when it has failed several times in a row. */
export class Backoff {
  /** Failures in a row. */
  failures = 0;

  /** Counts a failure. @returns ms to wait. */
  next(): number {
    this.failures += 1;
    return Math.min(longestMs, firstMs * 2 ** (this.failures - 1));
  }

  reset(): void {
    this.failures = 0;
  }
}
