import type { Logger } from '@torchweave/application';
import { describeExit } from '../processes/process-exit.js';
import type { Loadable, ProcessOwner } from '../processes/process-spec.js';
import {
  ProcessLoadError,
  type Exchange,
  type ProcessUser,
  type PythonProcess,
  type UnfinishedWork,
} from '../processes/python-process.js';
import type { RowOutput } from '../protocol/answer-frame.js';
import { Backoff } from './backoff.js';
import { Call, abortFailure, type CallRequest } from './call.js';
import { CallExchange } from './call-exchange.js';
import { CallFailure } from './call-failure.js';
import { CallQueue } from './call-queue.js';
import { SendAhead } from './send-ahead.js';

/** Starts processes; the supervisor does. */
export interface ProcessStarter {
  spawn(loadable: Loadable, owner: ProcessOwner): PythonProcess;
}

export interface PoolSettings {
  readonly minProcesses: number;
  readonly maxProcesses: number;
  /** Calls that go to a process together. */
  readonly batchSize: number;
  /** ms that the first call of a batch waits for others. */
  readonly maxBatchDelayMs: number;
  /** ms that a batch may execute; where absent, the timeout of the call in it. */
  readonly executionLimitMs?: number;
  /** Calls that may wait; one more fails with `queueFull`. */
  readonly maxQueued: number;
  /** True where short calls may be sent to a process that still executes others, see {@link SendAhead}. */
  readonly sendAhead: boolean;
  /** ms that an extra process idles before it ends. */
  readonly idleMs: number;
}

/** ms that every process must have been executing before another one is started. */
const growAfterMs = 5;
/** A process that ends by itself within this many ms, without having been asked anything, counts as one that failed to start. */
const stableAfterMs = 1_000;

/**
 * The processes that serve one thing, and the calls that wait for them.
 *
 * A process that is lost is replaced at once; the call it was executing fails, all others go to another process. Calls
 * that wait longer than a moment bring further processes, which end again when they idle.
 */
export class ProcessPool implements ProcessUser {
  private readonly queue = new CallQueue();
  private readonly ready: PythonProcess[] = [];
  private readonly starting = new Set<PythonProcess>();
  /** Processes that take no more calls and end when they have answered what they have. */
  private readonly retiring = new Set<PythonProcess>();
  private readonly ahead = new SendAhead();
  private readonly backoff = new Backoff();
  private minProcesses: number;
  private maxProcesses: number;
  /** Why there is no process, while none is being started. */
  private outage: string | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private batchTimer: NodeJS.Timeout | undefined;
  private growthTimer: NodeJS.Timeout | undefined;
  private takeBackTimer: NodeJS.Timeout | undefined;
  private idleTimer: NodeJS.Timeout | undefined;
  private closing: { readonly reason: string; readonly drained: () => void } | undefined;
  private terminated: CallFailure | undefined;

  constructor(
    private readonly starter: ProcessStarter,
    private readonly loadable: Loadable,
    private readonly owner: ProcessOwner,
    private readonly settings: PoolSettings,
    private readonly logger: Logger,
  ) {
    this.minProcesses = settings.minProcesses;
    this.maxProcesses = settings.maxProcesses;
  }

  /** Processes that take calls. */
  get readyProcesses(): number {
    return this.ready.length;
  }

  /** Starts the first processes. @throws ProcessLoadError of the first that does not load. */
  async start(): Promise<void> {
    const first = Array.from({ length: this.minProcesses }, () => this.startProcess());
    await Promise.all(first);
  }

  /** Changes the numbers of processes and waits until the lower one is reached. @throws ProcessLoadError */
  async resize(minProcesses: number, maxProcesses: number): Promise<void> {
    this.minProcesses = minProcesses;
    this.maxProcesses = maxProcesses;
    const missing = minProcesses - this.ready.length - this.starting.size;
    const idleFirst = [...this.ready].sort((a, b) => a.outstanding - b.outstanding);
    for (const process of idleFirst.slice(0, Math.max(0, this.ready.length - maxProcesses))) this.retire(process);
    await Promise.all(Array.from({ length: Math.max(0, missing) }, () => this.startProcess()));
    this.dispatch();
  }

  /** @throws CallFailure */
  submit(request: CallRequest): Promise<RowOutput> {
    return new Promise((resolve, reject) => {
      const refusal = this.refusal(request);
      if (refusal !== undefined) {
        reject(refusal);
        return;
      }
      this.queue.push(new Call(request, resolve, reject, this.abandoned));
      this.dispatch();
    });
  }

  /** Takes no more calls, lets those under way end, then ends the processes. */
  async close(reason: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.closing = { reason, drained: resolve };
      this.finishClosing();
    });
    this.clearTimers();
    const processes = [...this.ready, ...this.starting, ...this.retiring];
    for (const process of processes) process.end();
    await Promise.all(processes.map((process) => process.ended));
  }

  /** Fails all calls; whoever ends the processes is somebody else. */
  terminate(reason: string): void {
    this.terminated = new CallFailure('unavailable', reason);
    this.closing ??= { reason, drained: () => undefined };
    this.clearTimers();
    for (const call of this.queue.takeAll()) call.fail(this.terminated);
  }

  answered(process: PythonProcess, exchange: Exchange, micros: number | undefined): void {
    if (micros !== undefined) this.ahead.observe(exchange.entry, micros);
    if (this.queue.waiting > 0) this.dispatch();
    else if (this.closing !== undefined) this.finishClosing();
    else if (process.outstanding === 0) this.watchIdle();
  }

  ended(process: PythonProcess, { executing, waiting, overdue }: UnfinishedWork): void {
    const wasReady = this.ready.includes(process);
    this.remove(process);
    const reason = describeExit(process.exit ?? { code: null, signal: null });
    const again = executing !== undefined && overdue !== undefined && executing !== overdue ? [executing] : [];
    this.backToQueue([...again, ...waiting]);
    if (executing instanceof CallExchange) {
      if (executing === overdue) {
        executing.fail(new CallFailure('overdue', `no answer within ${executing.limitMs} ms`));
      } else if (overdue === undefined) {
        executing.fail(this.terminated ?? new CallFailure('died', reason));
      }
    }
    if (wasReady) {
      if (executing === undefined && isUnstable(process)) this.startFailed(reason);
      this.keepMinimum();
    }
    this.dispatch();
    this.finishClosing();
  }

  /** Calls that no process has begun wait again, before all others. */
  private backToQueue(exchanges: readonly Exchange[]): void {
    const calls = exchanges.flatMap((exchange) => (exchange instanceof CallExchange ? exchange.rows : []));
    if (this.terminated === undefined) this.queue.pushFront(calls.filter((call) => !call.settled));
    else for (const call of calls) call.fail(this.terminated);
  }

  private refusal({ signal }: CallRequest): CallFailure | undefined {
    if (this.closing !== undefined) return new CallFailure('unavailable', this.closing.reason);
    if (signal.aborted) return abortFailure(signal);
    if (this.outage !== undefined) return new CallFailure('unavailable', this.outage);
    if (this.maxProcesses === 0) return new CallFailure('unavailable', 'it is scaled down to no process');
    const { maxQueued } = this.settings;
    if (this.queue.waiting >= maxQueued) return new CallFailure('queueFull', `more than ${maxQueued} calls wait`);
    return undefined;
  }

  private dispatch(): void {
    for (let first = this.queue.first(); first !== undefined; first = this.queue.first()) {
      const process = this.freeProcess(first);
      if (process === undefined) {
        this.considerGrowth();
        return;
      }
      if (!this.batchIsDue(first)) return;
      const calls = this.queue.take(this.settings.batchSize);
      const limit = this.settings.executionLimitMs ?? first.timeoutMs;
      process.send(new CallExchange(calls, limit, this.ahead.cost(first.entry)));
      if (process.outstanding > 1) this.watchTakeBack();
    }
  }

  /** The process with the least before it, if any may be sent this call. */
  private freeProcess(call: Call): PythonProcess | undefined {
    const now = performance.now();
    let best: PythonProcess | undefined;
    for (const process of this.ready) {
      if (process.leaving || process.busyMs(now) >= growAfterMs) continue;
      if (best === undefined || process.outstanding < best.outstanding) best = process;
    }
    if (best === undefined || best.outstanding === 0) return best;
    return this.settings.sendAhead && this.ahead.allows(best, call.entry, call.bytes) ? best : undefined;
  }

  /** Frees calls that were sent ahead and lie behind one that takes longer than it should. */
  private watchTakeBack(): void {
    if (this.takeBackTimer !== undefined || this.maxProcesses === 1) return;
    // After a poll for I/O: an answer that has arrived while this process was busy is an answer.
    const look = (): void => {
      this.takeBackTimer = undefined;
      const now = performance.now();
      const stuck = this.ready.filter((process) => process.outstanding > 1 && process.busyMs(now) >= growAfterMs);
      const freed = stuck.flatMap((process) => process.takeBack());
      this.backToQueue(freed);
      if (freed.length > 0) this.dispatch();
      if (this.ready.some((process) => process.outstanding > 1 && !stuck.includes(process))) this.watchTakeBack();
    };
    this.takeBackTimer = setTimeout(() => setImmediate(look), growAfterMs);
  }

  /** False while the calls that wait may wait for others; then it looks again in time. */
  private batchIsDue(first: Call): boolean {
    const { batchSize, maxBatchDelayMs } = this.settings;
    if (this.queue.waiting >= batchSize) return true;
    const left = first.submittedAt + maxBatchDelayMs - performance.now();
    if (left <= 0) return true;
    this.batchTimer ??= setTimeout(() => {
      this.batchTimer = undefined;
      this.dispatch();
    }, Math.ceil(left));
    return false;
  }

  private considerGrowth(): void {
    if (this.growthTimer !== undefined || this.starting.size > 0 || this.outage !== undefined) return;
    if (this.ready.length === 0 || this.ready.length >= this.maxProcesses || this.closing !== undefined) return;
    const now = performance.now();
    const busy = Math.min(...this.ready.map((process) => process.busyMs(now)));
    if (busy >= growAfterMs) {
      this.startExtra();
      return;
    }
    this.growthTimer = setTimeout(
      () => {
        this.growthTimer = undefined;
        if (this.queue.waiting > 0) this.dispatch();
      },
      Math.ceil(growAfterMs - busy),
    );
  }

  private startExtra(): void {
    this.startProcess().catch((error: unknown) => {
      this.logger.warn({ ...this.owner, err: error }, 'a further Python process could not be started');
    });
  }

  private async startProcess(): Promise<void> {
    const process = this.starter.spawn(this.loadable, this.owner);
    process.user = this;
    this.starting.add(process);
    try {
      await process.loaded;
    } finally {
      this.starting.delete(process);
    }
    if (process.leaving) throw new ProcessLoadError('it was ended while it loaded');
    this.ready.push(process);
    this.backoff.reset();
    this.outage = undefined;
    this.dispatch();
    this.watchIdle();
  }

  /** Replaces what is missing. A replacement that fails is tried again, later and later. */
  private keepMinimum(): void {
    if (this.retryTimer !== undefined || this.terminated !== undefined) return;
    if (this.closing !== undefined && this.queue.waiting === 0) return;
    for (let count = this.ready.length + this.starting.size; count < this.minProcesses; count += 1) {
      this.startProcess().catch((error: unknown) => {
        this.startFailed(error instanceof ProcessLoadError ? error.reason : String(error));
      });
    }
  }

  private startFailed(reason: string): void {
    if (this.terminated !== undefined) return;
    if (this.closing !== undefined && this.queue.waiting === 0) return;
    const delay = this.backoff.next();
    this.logger.error({ ...this.owner, reason, retryInMs: delay }, 'a Python process could not be replaced');
    if (this.ready.length === 0) {
      this.outage = reason;
      for (const call of this.queue.takeAll()) call.fail(new CallFailure('unavailable', reason));
      this.finishClosing();
    }
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = undefined;
      this.keepMinimum();
    }, delay);
  }

  private readonly abandoned = (call: Call): void => {
    if (!call.queued) return;
    this.queue.abandoned();
    this.finishClosing();
  };

  /** Ends processes that are not needed any more, one look at a time. */
  private watchIdle(): void {
    if (this.idleTimer !== undefined || this.ready.length <= this.minProcesses) return;
    this.idleTimer = setTimeout(() => {
      this.idleTimer = undefined;
      const now = performance.now();
      const idle = this.ready.filter((p) => p.outstanding === 0 && now - p.headSince >= this.settings.idleMs - 1);
      for (const process of idle.slice(0, this.ready.length - this.minProcesses)) this.retire(process);
      this.watchIdle();
    }, this.settings.idleMs).unref();
  }

  private retire(process: PythonProcess): void {
    this.remove(process);
    this.retiring.add(process);
    process.end();
  }

  private remove(process: PythonProcess): void {
    this.retiring.delete(process);
    const index = this.ready.indexOf(process);
    if (index >= 0) this.ready.splice(index, 1);
  }

  private finishClosing(): void {
    if (this.closing === undefined || this.queue.waiting > 0) return;
    if ([...this.ready, ...this.retiring].some((process) => process.outstanding > 0)) return;
    this.closing.drained();
  }

  private clearTimers(): void {
    for (const timer of [this.retryTimer, this.batchTimer, this.growthTimer, this.takeBackTimer, this.idleTimer])
      clearTimeout(timer);
  }
}

function isUnstable(process: PythonProcess): boolean {
  return process.answeredCount === 0 && performance.now() - process.startedAt < stableAfterMs;
}
