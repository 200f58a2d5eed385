import type { NodeInput } from '@torchweave/domain';
import { type CancellationListener, type CancellationSignal, startDeadline } from '@torchweave/kernel';
import type { RowOutput } from '../protocol/answer-frame.js';
import type { RequestRow } from '../protocol/request-frame.js';
import { CallFailure } from './call-failure.js';
import { sizeOf } from './check-input.js';

/** A call as it is asked for. */
export interface CallRequest extends RequestRow {
  readonly entry: number;
  /** ms from now; when they are over the call fails. */
  readonly timeoutMs: number;
  readonly signal: CancellationSignal;
}

/** One call on its way: waiting, sent to a process, or settled. It settles once, and looks after its own deadline. */
export class Call implements RequestRow, CancellationListener {
  readonly entry: number;
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly input: NodeInput;
  /** Bytes of all values. */
  readonly bytes: number;
  readonly timeoutMs: number;
  readonly submittedAt = performance.now();
  settled = false;
  /** True while it waits in a queue. */
  queued = false;
  /** True once it was in a batch that failed: whose fault that was shows when each goes alone. */
  alone = false;

  private readonly signal: CancellationSignal;
  private readonly timer: NodeJS.Timeout;

  /** @param onAbandoned the call has settled without an answer, by its deadline or its signal. */
  constructor(
    request: CallRequest,
    private readonly resolve: (output: RowOutput) => void,
    private readonly reject: (failure: CallFailure) => void,
    private readonly onAbandoned: (call: Call) => void,
  ) {
    this.entry = request.entry;
    this.requestId = request.requestId;
    this.headers = request.headers;
    this.input = request.input;
    this.bytes = sizeOf(request.input);
    this.timeoutMs = request.timeoutMs;
    this.signal = request.signal;
    this.signal.addEventListener('abort', this);
    this.timer = startDeadline(this.timeoutMs, this.expire);
  }

  succeed(output: RowOutput): void {
    if (this.settle()) this.resolve(output);
  }

  fail(failure: CallFailure): void {
    if (this.settle()) this.reject(failure);
  }

  /** The signal's `abort` event: nobody waits any more. */
  handleEvent(): void {
    this.abandon(abortFailure(this.signal));
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this);
    return true;
  }

  private readonly expire = (): void => {
    this.abandon(new CallFailure('timeout', `no answer within ${this.timeoutMs} ms`));
  };

  private abandon(failure: CallFailure): void {
    if (this.settled) return;
    this.fail(failure);
    this.onAbandoned(this);
  }
}

/** The failure of a call whose signal is aborted; the signal's reason is its cause. */
export function abortFailure(signal: CancellationSignal): CallFailure {
  const cause: unknown = signal.reason;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CallFailure('aborted', `cancelled: ${why}`, { cause });
}
