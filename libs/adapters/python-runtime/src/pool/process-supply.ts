import type { Logger } from '@torchweave/application';
import type { Loadable, ProcessOwner } from '../processes/process-spec.js';
import { ProcessLoadError, type ProcessUser, type PythonProcess } from '../processes/python-process.js';
import { Backoff } from '../backoff.js';

/** Starts processes; the supervisor does. */
export interface ProcessStarter {
  spawn(loadable: Loadable, owner: ProcessOwner): PythonProcess;
}

/** Whoever the processes are for. */
export interface SupplyUser extends ProcessUser {
  /** A further process takes calls. */
  processReady(): void;
  /** There is no process, and none could be started. It is tried again. */
  noProcess(reason: string): void;
  /** False when nothing is left to do: lost processes need no replacement then. */
  wantsProcesses(): boolean;
}

export interface SupplySettings {
  readonly minProcesses: number;
  readonly maxProcesses: number;
  /** ms that a process beyond the minimum idles before it ends. */
  readonly idleMs: number;
  /** False while no process may be added beyond the minimum. */
  readonly mayGrow?: () => boolean;
}

/** Why a process was lost that was wanted: it was killed for a call that took too long, or ended in any other way. */
export type LossCause = 'died' | 'deadline';

/** The processes of one function unit or model now, and how many were lost so far. */
export interface ProcessStatus {
  /** Processes that take calls. */
  readonly ready: number;
  readonly restarts: Readonly<Record<LossCause, number>>;
  /** How often in a row one ended unasked or could not be started; 0 when one has answered since, or stays. */
  readonly failures: number;
}

/** ms that every process must have been executing before another one is started. */
export const growAfterMs = 25;
/** ms before growth is tried again when it has failed. */
const growthPauseMs = 1_000;
/** A process that ends by itself, without having been asked anything, so many ms after it has loaded is replaced at once… */
const stableAfterMs = 1_000;
/** …once; whichever does not stay for so many ms counts as failed to start. */
const provenAfterMs = 60_000;
/** How often a first process is started that somebody else ends before it has loaded. */
const loadTries = 3;
/** ms before the second try; twice that before the third. */
const loadPauseMs = 250;

/** Keeps up a number of processes: replaces the lost, starts further ones under load, ends them when they idle. */
export class ProcessSupply {
  /** Processes that take calls. */
  readonly ready: PythonProcess[] = [];
  readonly restarts: Record<LossCause, number> = { died: 0, deadline: 0 };
  /** Why there is no process, while none is being started. */
  outage: string | undefined;
  maxProcesses: number;
  private minProcesses: number;
  private readonly starting = new Set<PythonProcess>();
  /** Processes that take no more calls and end when they have answered what they have. */
  private readonly retiring = new Set<PythonProcess>();
  private readonly backoff = new Backoff();
  /** The last reason of a series of failures that the log has been told. */
  private toldReason: string | undefined;
  private growAgainAt = 0;
  private retryTimer: NodeJS.Timeout | undefined;
  private growthTimer: NodeJS.Timeout | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly starter: ProcessStarter,
    private readonly loadable: Loadable,
    private readonly owner: ProcessOwner,
    private readonly settings: SupplySettings,
    private readonly user: SupplyUser,
    private readonly logger: Logger,
  ) {
    this.minProcesses = settings.minProcesses;
    this.maxProcesses = settings.maxProcesses;
  }

  /** Processes that there are or will be in a moment. */
  get present(): number {
    return this.ready.length + this.starting.size + this.retiring.size;
  }

  /** True while a process has something to answer. */
  get isAnswering(): boolean {
    return [...this.ready, ...this.retiring].some((process) => process.outstanding > 0);
  }

  /** Starts the first processes. @throws ProcessLoadError of the first that does not load. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.minProcesses }, () => this.startFirst()));
  }

  /** Changes the numbers of processes and waits until the lower one is reached. @throws ProcessLoadError */
  async resize(minProcesses: number, maxProcesses: number): Promise<void> {
    this.minProcesses = minProcesses;
    this.maxProcesses = maxProcesses;
    const missing = minProcesses - this.ready.length - this.starting.size;
    const leastBusyFirst = [...this.ready].sort((a, b) => a.outstanding - b.outstanding);
    this.retire(leastBusyFirst.slice(0, Math.max(0, this.ready.length - maxProcesses)));
    try {
      await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.startFirst()));
    } finally {
      this.keepMinimum();
    }
  }

  /** True while what went wrong counts, see {@link proved}. */
  get isTroubled(): boolean {
    return this.backoff.failures > 0;
  }

  /** How often in a row a process ended unasked or could not be started. */
  get failures(): number {
    const now = performance.now();
    if (this.ready.some((process) => now - process.loadedAt >= provenAfterMs)) this.proved();
    return this.backoff.failures;
  }

  /** A process does its work: what went wrong before does not count any more. */
  proved(): void {
    if (this.backoff.failures === 0) return;
    this.backoff.reset();
    if (this.toldReason !== undefined) this.logger.info({ ...this.owner }, 'Python processes stay and answer again');
    this.toldReason = undefined;
  }

  /**
   * Takes leave of a process that has ended, and replaces it.
   *
   * @param idle it was not executing anything.
   */
  replace(process: PythonProcess, idle: boolean, reason: string, cause: LossCause): void {
    this.retiring.delete(process);
    const index = this.ready.indexOf(process);
    if (index < 0) return;
    this.ready.splice(index, 1);
    if (!this.stopped) this.restarts[cause] += 1;
    if (idle && process.answeredCount === 0 && !process.wentWithSupervisor) {
      this.endedUnasked(performance.now() - process.loadedAt, reason);
    }
    this.keepMinimum();
  }

  /**
   * Starts a further process when all have been executing for a while.
   *
   * @param lookAgain called when a while is over, where it is not over yet.
   */
  growWhenBusy(lookAgain: () => void): void {
    if (this.stopped || this.growthTimer !== undefined || this.starting.size > 0 || this.outage !== undefined) return;
    if (this.ready.length === 0 || this.ready.length >= this.maxProcesses) return;

    const now = performance.now();
    const busy = Math.min(...this.ready.map((process) => process.busyMs(now)));
    const wait = Math.max(growAfterMs - busy, this.growAgainAt - now);
    if (wait <= 0) {
      if (this.settings.mayGrow?.() === false) this.growAgainAt = now + growthPauseMs;
      else this.startFurther();
      return;
    }
    this.growthTimer = setTimeout(() => {
      this.growthTimer = undefined;
      lookAgain();
    }, Math.ceil(wait));
  }

  /** Ends processes beyond the minimum when they idle. Called when one begins to. */
  watchIdle(): void {
    if (this.stopped || this.idleTimer !== undefined || this.ready.length <= this.minProcesses) return;
    const { idleMs } = this.settings;
    this.idleTimer = setTimeout(() => {
      this.idleTimer = undefined;
      const now = performance.now();
      // A timer may ring a moment early.
      const idle = this.ready.filter((each) => each.outstanding === 0 && now - each.headSince >= idleMs - 1);
      this.retire(idle.slice(0, this.ready.length - this.minProcesses));
      this.watchIdle();
    }, idleMs).unref();
  }

  /** Starts and replaces nothing any more. */
  stop(): void {
    this.stopped = true;
    for (const timer of [this.retryTimer, this.growthTimer, this.idleTimer]) clearTimeout(timer);
  }

  /** Ends all processes and waits for that. */
  async end(): Promise<void> {
    this.stop();
    const processes = [...this.ready, ...this.starting, ...this.retiring];
    for (const process of processes) process.end();
    await Promise.all(processes.map((process) => process.ended));
  }

  private startFurther(): void {
    this.startProcess().catch((error: unknown) => {
      if (this.stopped) return;
      this.logger.warn({ ...this.owner, err: error }, 'a further Python process could not be started');
      this.growAgainAt = performance.now() + growthPauseMs;
      // The others may have ended while this one counted as their replacement.
      this.keepMinimum();
    });
  }

  /** Starts a process that somebody waits for; again when it was ended from outside. */
  private async startFirst(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.startProcess();
      } catch (error) {
        const isWorthIt = error instanceof ProcessLoadError && error.isFromOutside && !this.stopped;
        if (!isWorthIt || attempt === loadTries) throw error;
        this.logger.warn(
          { ...this.owner, reason: error.reason, attempt },
          'a Python process was ended while it loaded',
        );
        await delay(loadPauseMs * attempt);
      }
      if (this.stopped) throw new ProcessLoadError('it is not wanted any more');
    }
  }

  private async startProcess(): Promise<void> {
    const process = this.starter.spawn(this.loadable, this.owner);
    process.user = this.user;
    this.starting.add(process);
    try {
      await process.loaded;
    } finally {
      this.starting.delete(process);
    }
    if (process.leaving) throw new ProcessLoadError('it was ended while it loaded');
    this.ready.push(process);
    this.outage = undefined;
    this.user.processReady();
    this.watchIdle();
  }

  private keepMinimum(): void {
    if (this.retryTimer !== undefined || this.stopped || !this.user.wantsProcesses()) return;
    for (let count = this.ready.length + this.starting.size; count < this.minProcesses; count += 1) {
      this.startProcess().catch((error: unknown) => {
        this.startFailed(error instanceof ProcessLoadError ? error.reason : String(error));
      });
    }
  }

  /** A process that loads is none yet that stays: one that never does is started later and later. */
  private endedUnasked(ageMs: number, reason: string): void {
    if (ageMs >= provenAfterMs) this.proved();
    if (ageMs >= stableAfterMs && this.backoff.failures === 0) this.backoff.next();
    else this.startFailed(reason);
  }

  /** Tries again, later and later. */
  private startFailed(reason: string): void {
    if (this.stopped || !this.user.wantsProcesses()) return;
    const retryInMs = this.backoff.next();
    this.tellFailure(reason, retryInMs);
    this.growAgainAt = performance.now() + retryInMs;
    if (this.ready.length === 0) {
      this.outage = reason;
      this.user.noProcess(reason);
    }
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = undefined;
      this.keepMinimum();
    }, retryInMs);
  }

  /** Once for each reason. */
  private tellFailure(reason: string, retryInMs: number): void {
    if (reason === this.toldReason) return;
    this.toldReason = reason;
    this.logger.error(
      { ...this.owner, reason, retryInMs },
      'a Python process could not be replaced; it is tried again, later and later, every 10 s in the end',
    );
  }

  private retire(processes: readonly PythonProcess[]): void {
    for (const process of processes) {
      this.ready.splice(this.ready.indexOf(process), 1);
      this.retiring.add(process);
      process.end();
    }
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
