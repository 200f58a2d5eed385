export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresToOpen: number;
  /** ms that it stays open before one call may try again. */
  readonly openMs: number;
}

/**
 * Keeps calls from something that does not answer: after some failures in a row it opens, and no call is made for a while;
 * then one call tries, and its end decides whether it closes or stays open for another while.
 */
export class CircuitBreaker {
  private failures = 0;
  /** When the next call may try; undefined while it is closed. */
  private retryAt: number | undefined;

  /** @param now ms of a clock that never steps back. */
  constructor(
    private readonly options: CircuitBreakerOptions,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get isOpen(): boolean {
    return this.retryAt !== undefined;
  }

  /** Whether a call would be let through; asking changes nothing. */
  get admits(): boolean {
    return this.retryAt === undefined || this.now() >= this.retryAt;
  }

  /** A call begins. The one that tries while it is open holds the others back until it ends, or for as long as it stays open. */
  begin(): void {
    if (this.retryAt !== undefined) this.retryAt = this.now() + this.options.openMs;
  }

  /** A call was answered, whatever the answer was. */
  succeed(): void {
    this.failures = 0;
    this.retryAt = undefined;
  }

  /** A call was not answered. @returns whether it has opened with this one. */
  fail(): boolean {
    this.failures += 1;
    if (this.failures < this.options.failuresToOpen) return false;
    const wasOpen = this.isOpen;
    this.retryAt = this.now() + this.options.openMs;
    return !wasOpen;
  }

  /** Lets the next call try at once: there is a sign that it would be answered. */
  halfOpen(): void {
    if (this.retryAt !== undefined) this.retryAt = this.now();
  }
}
