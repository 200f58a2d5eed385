/** µs of work that a process may have before it: the time of a turn through the event loop, with some to spare. */
const targetMicros = 1_000;
/** µs of work behind which a call waits about as long as an idle process takes to wake. */
const wakeMicros = 200;
const mostCalls = 32;
/** Values of a call that is sent ahead: many of them fit into a socket's buffer. */
const mostBytes = 4_096;

/** What a process has been sent and not answered. */
interface WorkAhead {
  readonly outstanding: number;
  readonly queuedMicros: number;
}

/**
 * Decides which calls are sent to a process that still executes others.
 *
 * Calls of microseconds are, so that the process never waits for us between two of them. What takes a millisecond or
 * more, or is not known yet, waits in the pool's queue, where another process can take it and its deadline costs nothing.
 */
export class SendAhead {
  /** µs by entry, the newer the weightier. */
  private readonly averages: number[] = [];

  /** Takes account of a call that executed for so long. */
  observe(entry: number, micros: number): void {
    const average = this.averages[entry] ?? micros;
    // A call that is suddenly slow counts more than one that is suddenly fast.
    const weight = micros > average ? 0.5 : 0.2;
    this.averages[entry] = average + (micros - average) * weight;
  }

  /** µs that a call of this entry will probably take. */
  cost(entry: number): number {
    return this.averages[entry] ?? targetMicros;
  }

  /** True when a process with so much before it may be sent a call of this entry and size. */
  allows(process: WorkAhead, entry: number, bytes: number): boolean {
    if (process.outstanding >= mostCalls || bytes > mostBytes) return false;
    return process.queuedMicros + this.cost(entry) < targetMicros;
  }

  /** True when a call of this entry and size had better join what the process has before it than wake an idle one. */
  gathers(process: WorkAhead, entry: number, bytes: number): boolean {
    const isAwake = process.outstanding > 0 && process.queuedMicros + this.cost(entry) < wakeMicros;
    return isAwake && this.allows(process, entry, bytes);
  }
}
