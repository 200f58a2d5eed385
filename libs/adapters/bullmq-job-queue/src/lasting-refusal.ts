import type { WriteRefusal } from '@torchweave/redis-client';

/** Tells a Redis that goes on refusing writes from one that does for a moment, as when it fails over. */
export class LastingRefusal {
  private since: number | undefined;

  /** @param patienceMs how long it may refuse. */
  constructor(private readonly patienceMs: number) {}

  /** @returns why it refuses, once it has for too long: each time that it was looked at. */
  observe(refusal: WriteRefusal | undefined): WriteRefusal | undefined {
    if (refusal === undefined) {
      this.since = undefined;
      return undefined;
    }
    this.since ??= performance.now();
    return performance.now() - this.since >= this.patienceMs ? refusal : undefined;
  }
}
