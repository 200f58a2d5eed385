import type { Call } from './call.js';

/** Below this, moving the array is not worth it. */
const compactFrom = 1_024;

/** First in, first out. Calls that settle while they wait are skipped; {@link waiting} does not count them. */
export class CallQueue {
  private items: Call[] = [];
  private head = 0;
  /** Calls that wait and have not settled. */
  waiting = 0;

  push(call: Call): void {
    call.queued = true;
    this.items.push(call);
    this.waiting += 1;
  }

  /** Puts calls back in front of all others. */
  pushFront(calls: readonly Call[]): void {
    for (const call of calls) call.queued = true;
    this.items = [...calls, ...this.items.slice(this.head)];
    this.head = 0;
    this.waiting += calls.length;
  }

  /** A call in the queue has settled. */
  abandoned(): void {
    this.waiting -= 1;
  }

  /** The call that waits longest. */
  first(): Call | undefined {
    this.skipSettled();
    return this.items[this.head];
  }

  /** Takes up to `count` calls that may go to a process together: one that goes alone goes with no other. */
  takeBatch(count: number): Call[] {
    return this.take(count, (call, taken) => !call.alone && taken[0]?.alone !== true);
  }

  takeAll(): Call[] {
    return this.take(Infinity, () => true);
  }

  private take(count: number, fits: (call: Call, taken: readonly Call[]) => boolean): Call[] {
    const taken: Call[] = [];
    for (let call = this.first(); call !== undefined && taken.length < count; call = this.first()) {
      if (taken.length > 0 && !fits(call, taken)) break;
      call.queued = false;
      taken.push(call);
      this.head += 1;
    }
    this.waiting -= taken.length;
    this.compact();
    return taken;
  }

  private skipSettled(): void {
    while (this.items[this.head]?.settled) this.head += 1;
  }

  private compact(): void {
    if (this.head === this.items.length) this.items.length = 0;
    else if (this.head < compactFrom || this.head * 2 < this.items.length) return;
    else this.items.splice(0, this.head);
    this.head = 0;
  }
}
