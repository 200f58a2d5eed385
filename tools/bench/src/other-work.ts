import { cpuSecondsOf, machineBusySeconds } from './proc-stats.js';

/** How busy the machine is with what is neither this process nor started by it. */
export class OtherWork {
  private busySeconds = 0;
  private seconds = 0;
  /** Since when it is watched, and how busy others had been until then; absent while nobody watches. */
  private since: { readonly startedAt: number; readonly busySeconds: number } | undefined;

  /** Cores that it kept busy, on average over all that was watched. */
  get cores(): number {
    return this.busySeconds / this.seconds;
  }

  /** Watches while `work` goes on. What was started must not end in it: the time of a process whose parent ends before it is lost. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.watch();
    try {
      return await work();
    } finally {
      this.rest();
    }
  }

  /** Looks away while `work` goes on: for the part of what is watched in which things end. */
  async leavingOut(work: () => Promise<void>): Promise<void> {
    if (this.since === undefined) return work();
    this.rest();
    try {
      await work();
    } finally {
      this.watch();
    }
  }

  private watch(): void {
    this.since = { startedAt: performance.now(), busySeconds: busySecondsOfOthers() };
  }

  private rest(): void {
    if (this.since === undefined) return;
    this.busySeconds += busySecondsOfOthers() - this.since.busySeconds;
    this.seconds += (performance.now() - this.since.startedAt) / 1_000;
    this.since = undefined;
  }
}

const busySecondsOfOthers = (): number => machineBusySeconds() - cpuSecondsOf([process.pid]);
