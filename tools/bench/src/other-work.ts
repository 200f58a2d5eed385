import { cpuSecondsOf, machineBusySeconds } from './proc-stats.js';

/** How busy the machine is with what is neither this process nor started by it. */
export class OtherWork {
  private busySeconds = 0;
  private seconds = 0;

  /** Cores that it kept busy, on average over all that was watched. */
  get cores(): number {
    return this.busySeconds / this.seconds;
  }

  /** Watches while `work` goes on. What was started must end outside: the time of a process whose parent ends before it is lost. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const [busyBefore, startedAt] = [busySecondsOfOthers(), performance.now()];
    try {
      return await work();
    } finally {
      this.busySeconds += busySecondsOfOthers() - busyBefore;
      this.seconds += (performance.now() - startedAt) / 1_000;
    }
  }
}

const busySecondsOfOthers = (): number => machineBusySeconds() - cpuSecondsOf([process.pid]);
