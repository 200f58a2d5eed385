import { type CancellationListener, startDeadline } from '@torchweave/kernel';
import { setMaxListeners } from 'node:events';

import { AnswerLateError, type ExchangeLimits, type HttpAnswer, type ReadAnswer } from './exchange.js';

/** A request as it is sent. */
export interface WireRequest {
  /** Up to the body. */
  readonly head: string;
  readonly body: readonly Uint8Array[];
  /** Of all of the body. */
  readonly bodyBytes: number;
}

/** A request and whoever waits for its answer. It settles once, and looks after its own deadline and signal. */
export class PendingExchange implements CancellationListener {
  settled = false;
  private readonly askedAt = performance.now();
  private waitedMs = 0;
  private readonly timer: NodeJS.Timeout;

  /**
   * @param onGivenUp it has settled without an answer: it was late, or nobody waits any more.
   */
  constructor(
    readonly wire: WireRequest,
    private readonly limits: ExchangeLimits,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (reason: unknown) => void,
    private readonly onGivenUp: (exchange: PendingExchange, reason: Error) => void,
  ) {
    this.timer = startDeadline(limits.timeoutMs, this.expire);
    const { signal } = limits;
    // Many calls at once share one: that is no leak to warn of.
    if (signal instanceof AbortSignal) setMaxListeners(0, signal);
    signal.addEventListener('abort', this);
  }

  get maxAnswerBytes(): number {
    return this.limits.maxAnswerBytes;
  }

  /** A connection has taken it up. */
  begin(): void {
    this.waitedMs = performance.now() - this.askedAt;
  }

  succeed({ status, contentType, body }: ReadAnswer): void {
    if (this.settle()) this.resolve({ status, contentType, body, waitedMs: this.waitedMs });
  }

  fail(reason: unknown): void {
    if (this.settle()) this.reject(reason);
  }

  /** The signal's `abort` event. */
  handleEvent(): void {
    this.giveUp(this.limits.signal.reason as Error);
  }

  private readonly expire = (): void => {
    this.giveUp(new AnswerLateError(this.limits.timeoutMs));
  };

  private giveUp(reason: Error): void {
    if (this.settled) return;
    this.fail(reason);
    this.onGivenUp(this, reason);
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.timer);
    this.limits.signal.removeEventListener('abort', this);
    return true;
  }
}
