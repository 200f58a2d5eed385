import { ArchiveProcess, type ArchiveProcessOptions, type ArchiveTask } from './archive-process.js';

export interface ArchiveProcessesOptions extends ArchiveProcessOptions {
  /** Processes at once; more work waits its turn. */
  readonly atOnce: number;
  /** ms that a process waits for more work before it ends. */
  readonly idleMs: number;
}

/** Processes that read archives: they are started when there is work, and do one piece at a time each. */
export class ArchiveProcesses {
  private readonly all = new Set<ArchiveProcess>();
  private readonly idle = new Map<ArchiveProcess, NodeJS.Timeout>();
  private readonly waiting: (() => void)[] = [];
  private busy = 0;

  constructor(private readonly options: ArchiveProcessesOptions) {}

  /** Does a piece of work, in a process that may do others after it. @throws as {@link ArchiveProcess.run}. */
  async run(task: ArchiveTask): Promise<unknown> {
    const process = await this.take();
    try {
      return await process.run(task);
    } finally {
      this.giveBack(process);
    }
  }

  /** A new process for one piece of work; its place is free when it has ended. */
  async start(): Promise<ArchiveProcess> {
    const process = await this.take();
    void process.ended.then(() => this.giveBack(process));
    return process;
  }

  /** Ends every process; what they work on fails. */
  async close(): Promise<void> {
    for (const timer of this.idle.values()) clearTimeout(timer);
    this.idle.clear();
    for (const process of this.all) process.kill();
    await Promise.all([...this.all].map((process) => process.ended));
  }

  private async take(): Promise<ArchiveProcess> {
    if (this.busy >= this.options.atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy += 1;
    for (const [process, timer] of this.idle) {
      clearTimeout(timer);
      this.idle.delete(process);
      if (process.isAlive) return process;
    }
    return this.begin();
  }

  private begin(): ArchiveProcess {
    try {
      const process = new ArchiveProcess(this.options);
      this.all.add(process);
      void process.ended.then(() => this.all.delete(process));
      return process;
    } catch (error) {
      this.leavePlace();
      throw error;
    }
  }

  private giveBack(process: ArchiveProcess): void {
    if (process.isAlive) {
      const timer = setTimeout(() => {
        this.idle.delete(process);
        process.kill();
      }, this.options.idleMs);
      this.idle.set(process, timer.unref());
    }
    this.leavePlace();
  }

  /** The place goes on to who waits. */
  private leavePlace(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.busy -= 1;
    else next();
  }
}
