import { setMaxListeners } from 'node:events';
import { Readable } from 'node:stream';

import type { Dispatcher } from 'undici';

/** One HTTP request. Several body chunks are sent one after the other without being copied together. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Name, value, name, value, … */
  readonly headers: string[];
  readonly body?: Uint8Array | readonly Uint8Array[];
}

export interface ExchangeLimits {
  /** ms from the call to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly maxAnswerBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** ms that the request waited for a connection. */
  readonly waitedMs: number;
}

/** Thrown when the whole answer was not there in time. */
export class AnswerLateError extends Error {
  override readonly name = 'AnswerLateError';
}

/** Thrown when the answer is larger than the caller takes. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
  constructor(readonly limitBytes: number) {
    super(`The answer is larger than ${limitBytes} bytes.`);
  }
}

/** Thrown when a connection ended before the first byte of an answer: a kept-alive one that the server had given up. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/**
 * Sends one request and collects the answer, whatever its status.
 *
 * Speaks to undici's dispatcher directly: `pool.request` with a signal costs twice the CPU time (bench/http-clients.mjs).
 *
 * @throws AnswerLateError, AnswerTooLargeError, ConnectionLostError, the signal's reason, or undici's own error.
 */
export function exchange(
  dispatcher: Dispatcher,
  { method, path, headers, body }: HttpRequest,
  limits: ExchangeLimits,
): Promise<HttpAnswer> {
  if (limits.signal.aborted) return Promise.reject(limits.signal.reason);
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(
      { method, path, headers, body: dispatchable(body) },
      new AnswerCollector(resolve, reject, limits),
    );
  });
}

function dispatchable(body: HttpRequest['body']): Uint8Array | Readable | null {
  if (body === undefined || body instanceof Uint8Array) return body ?? null;
  return Readable.from(body);
}

const connectionLossCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

class AnswerCollector implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private stopped: Error | undefined;
  private status = 0;
  private contentType: string | undefined;
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private readonly askedAt = performance.now();
  private waitedMs = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (reason: Error) => void,
    private readonly limits: ExchangeLimits,
  ) {
    this.timer = setTimeout(
      () => this.stop(new AnswerLateError(`No answer within ${limits.timeoutMs} ms.`)),
      limits.timeoutMs,
    );
    // A workflow with many nodes at once shares one signal among them: that is no leak to warn of.
    setMaxListeners(0, limits.signal);
    limits.signal.addEventListener('abort', this);
  }

  /** The signal's `abort` event: an object that listens spares a closure for every request. */
  handleEvent(): void {
    this.stop(this.limits.signal.reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    this.waitedMs = performance.now() - this.askedAt;
    if (this.stopped !== undefined) controller.abort(this.stopped);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.status = status;
    const contentType = headers['content-type'];
    this.contentType = typeof contentType === 'string' ? contentType : undefined;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.limits.maxAnswerBytes) return this.stop(new AnswerTooLargeError(this.limits.maxAnswerBytes));
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.release();
    const [only] = this.chunks;
    const body = this.chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.chunks, this.size);
    this.resolve({ status: this.status, contentType: this.contentType, body, waitedMs: this.waitedMs });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.release();
    const isLoss = this.status === 0 && 'code' in error && connectionLossCodes.has(String(error.code));
    this.reject(isLoss ? new ConnectionLostError('The connection was lost.', { cause: error }) : error);
  }

  /** Rejects at once: a request that waits for a connection has no controller that could tell us later. */
  private stop(reason: Error): void {
    if (this.stopped !== undefined) return;
    this.stopped = reason;
    this.release();
    this.reject(reason);
    this.controller?.abort(reason);
  }

  private release(): void {
    clearTimeout(this.timer);
    this.limits.signal.removeEventListener('abort', this);
  }
}
