import type { Logger } from '@torchweave/application';
import type { Loadable, ProcessOwner } from '../processes/process-spec.js';
import type { Exchange, PythonProcess, UnfinishedWork } from '../processes/python-process.js';
import type { RowOutput } from '../protocol/answer-frame.js';
import { abortFailure, Call, type CallRequest } from './call.js';
import { CallExchange } from './call-exchange.js';
import { CallFailure } from './call-failure.js';
import { CallQueue } from './call-queue.js';
import {
  growAfterMs,
  ProcessSupply,
  type ProcessStarter,
  type ProcessStatus,
  type SupplySettings,
  type SupplyUser,
} from './process-supply.js';
import { SendAhead } from './send-ahead.js';

export interface PoolSettings extends SupplySettings {
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
}

/**
 * Calls to one function unit or model, and the processes that do them.
 *
 * When a process is lost, the call that it was executing fails and all others go to another process. Calls of a batch that fails
 * are done once more, each alone.
 */
export class ProcessPool implements SupplyUser {
  private readonly queue = new CallQueue();
  private readonly supply: ProcessSupply;
  private readonly ahead = new SendAhead();
  private batchTimer: NodeJS.Timeout | undefined;
  private takeBackTimer: NodeJS.Timeout | undefined;
  /** Set when no more calls are taken. */
  private refusing: CallFailure | undefined;
  /** Set when no call may go on either. */
  private terminated: CallFailure | undefined;
  private closing: Promise<void> | undefined;
  private drained: () => void = () => undefined;

  constructor(
    starter: ProcessStarter,
    loadable: Loadable,
    owner: ProcessOwner,
    private readonly settings: PoolSettings,
    logger: Logger,
  ) {
    this.supply = new ProcessSupply(starter, loadable, owner, settings, this, logger);
  }

  /** Processes that take calls. */
  get readyProcesses(): number {
    return this.supply.ready.length;
  }

  /** Processes that there are or will be in a moment. */
  get presentProcesses(): number {
    return this.supply.present;
  }

  get status(): ProcessStatus {
    return { ready: this.supply.ready.length, restarts: this.supply.restarts, failures: this.supply.failures };
  }

  /** Starts the first processes. @throws ProcessLoadError of the first that does not load. */
  start(): Promise<void> {
    return this.supply.start();
  }

  /** Changes the numbers of processes and waits until the lower one is reached. @throws ProcessLoadError */
  resize(minProcesses: number, maxProcesses: number): Promise<void> {
    return this.supply.resize(minProcesses, maxProcesses);
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
  close(reason: string): Promise<void> {
    this.closing ??= this.drainAndEnd(reason);
    return this.closing;
  }

  /** Fails all calls; whoever calls this ends the processes. */
  terminate(reason: string): void {
    this.terminated = this.refusing = new CallFailure('unavailable', reason);
    this.stop();
    for (const call of this.queue.takeAll()) call.fail(this.terminated);
  }

  answered(process: PythonProcess, exchange: Exchange, micros: number | undefined): void {
    if (micros !== undefined) this.ahead.observe(exchange.entry, micros);
    if (this.supply.isTroubled) this.supply.proved();
    if (this.queue.waiting > 0) this.dispatch();
    else if (this.refusing !== undefined) this.checkDrained();
    else if (process.outstanding === 0) this.supply.watchIdle();
  }

  ended(process: PythonProcess, { executing, waiting, overdue }: UnfinishedWork): void {
    const reason = process.endReason;
    // It was killed for another exchange, which it has answered meanwhile.
    const unlucky = executing !== undefined && overdue !== undefined && executing !== overdue;
    this.backToQueue(unlucky ? [executing, ...waiting] : waiting);
    if (executing instanceof CallExchange && !unlucky) {
      executing.failed(
        executing === overdue
          ? new CallFailure('overdue', `no answer within ${executing.limitMs} ms`)
          : (this.terminated ?? new CallFailure('died', reason)),
      );
    }
    this.supply.replace(process, executing === undefined, reason, overdue === undefined ? 'died' : 'deadline');
    this.dispatch();
    this.checkDrained();
  }

  processReady(): void {
    this.dispatch();
  }

  noProcess(reason: string): void {
    for (const call of this.queue.takeAll()) call.fail(new CallFailure('unavailable', reason));
    this.checkDrained();
  }

  wantsProcesses(): boolean {
    return this.refusing === undefined || this.queue.waiting > 0;
  }

  private refusal({ signal }: CallRequest): CallFailure | undefined {
    if (this.refusing !== undefined) return this.refusing;
    if (signal.aborted) return abortFailure(signal);
    if (this.supply.outage !== undefined) return new CallFailure('unavailable', this.supply.outage);
    if (this.supply.maxProcesses === 0) return new CallFailure('unavailable', 'it is scaled down to no process');
    const { maxQueued } = this.settings;
    if (this.queue.waiting >= maxQueued) return new CallFailure('queueFull', `more than ${maxQueued} calls wait`);
    return undefined;
  }

  private dispatch(): void {
    for (let first = this.queue.first(); first !== undefined; first = this.queue.first()) {
      const process = this.freeProcess(first);
      if (process === undefined) {
        this.supply.growWhenBusy(() => this.dispatch());
        return;
      }
      if (!this.batchIsDue(first)) return;
      const calls = this.queue.takeBatch(this.settings.batchSize);
      const limit = this.settings.executionLimitMs ?? first.timeoutMs;
      process.send(new CallExchange(calls, limit, this.ahead.cost(first.entry), this.runAlone));
      if (process.outstanding > 1) this.watchTakeBack();
    }
  }

  /** A process that is awake and has little before it, else the one with the least, if any may be sent this call. */
  private freeProcess(call: Call): PythonProcess | undefined {
    const { sendAhead } = this.settings;
    const now = performance.now();
    let best: PythonProcess | undefined;
    for (const process of this.supply.ready) {
      if (process.leaving || process.busyMs(now) >= growAfterMs) continue;
      if (sendAhead && this.ahead.gathers(process, call.entry, call.bytes)) return process;
      if (best === undefined || process.outstanding < best.outstanding) best = process;
    }
    if (best === undefined || best.outstanding === 0) return best;
    return sendAhead && this.ahead.allows(best, call.entry, call.bytes) ? best : undefined;
  }

  /** False while the calls that wait may wait for others; then it looks again in time. */
  private batchIsDue(first: Call): boolean {
    const { batchSize, maxBatchDelayMs } = this.settings;
    if (first.alone || this.queue.waiting >= batchSize) return true;
    const left = first.submittedAt + maxBatchDelayMs - performance.now();
    if (left <= 0) return true;
    this.batchTimer ??= setTimeout(() => {
      this.batchTimer = undefined;
      this.dispatch();
    }, Math.ceil(left));
    return false;
  }

  /** Frees calls that were sent ahead and lie behind one that takes longer than it should. */
  private watchTakeBack(): void {
    if (this.takeBackTimer !== undefined || this.supply.maxProcesses === 1) return;
    // After a poll for I/O: an answer that has arrived while this process was busy is an answer.
    this.takeBackTimer = setTimeout(() => setImmediate(() => this.takeBack()), growAfterMs);
  }

  private takeBack(): void {
    this.takeBackTimer = undefined;
    const now = performance.now();
    const sentAhead = this.supply.ready.filter((process) => process.outstanding > 1);
    const stuck = sentAhead.filter((process) => process.busyMs(now) >= growAfterMs);
    this.backToQueue(stuck.flatMap((process) => process.takeBack()));
    if (stuck.length < sentAhead.length) this.watchTakeBack();
    this.dispatch();
  }

  /** Calls that no process has begun wait again, before all others. */
  private backToQueue(exchanges: readonly Exchange[]): void {
    this.callsBackToQueue(exchanges.flatMap((exchange) => (exchange instanceof CallExchange ? exchange.rows : [])));
  }

  private callsBackToQueue(calls: readonly Call[]): void {
    if (this.terminated === undefined) this.queue.pushFront(calls.filter((call) => !call.settled));
    else for (const call of calls) call.fail(this.terminated);
  }

  private readonly runAlone = (calls: readonly Call[]): void => {
    for (const call of calls) call.alone = true;
    this.callsBackToQueue(calls);
  };

  private readonly abandoned = (call: Call): void => {
    if (!call.queued) return;
    this.queue.abandoned();
    this.checkDrained();
  };

  private async drainAndEnd(reason: string): Promise<void> {
    this.refusing ??= new CallFailure('unavailable', reason);
    await new Promise<void>((resolve) => {
      this.drained = resolve;
      this.checkDrained();
    });
    this.stop();
    await this.supply.end();
  }

  private checkDrained(): void {
    if (this.refusing !== undefined && this.queue.waiting === 0 && !this.supply.isAnswering) this.drained();
  }

  private stop(): void {
    clearTimeout(this.batchTimer);
    clearTimeout(this.takeBackTimer);
    this.supply.stop();
  }
}
