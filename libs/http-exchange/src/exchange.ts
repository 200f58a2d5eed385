import type { CancellationSignal } from '@torchweave/kernel';

/** One HTTP request. Several body chunks are sent one after the other without being copied together. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Name, value, name, value, …; not `host`, `connection` and `content-length`, which the client sets. */
  readonly headers: readonly string[];
  readonly body?: Uint8Array | readonly Uint8Array[];
}

export interface ExchangeLimits {
  /** ms from the call to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal: CancellationSignal;
  readonly maxAnswerBytes: number;
}

/** An answer as it has been read. */
export interface ReadAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** An answer, for whoever has asked. */
export interface HttpAnswer extends ReadAnswer {
  /** ms that the request waited for a connection. */
  readonly waitedMs: number;
}

/** Thrown when the whole answer was not there in time. */
export class AnswerLateError extends Error {
  override readonly name = 'AnswerLateError';
  constructor(readonly limitMs: number) {
    super(`No answer within ${limitMs} ms.`);
  }
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

/** Thrown for what the system has no error of its own. */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  constructor(
    readonly code: 'connectTimeout' | 'connectionClosed' | 'clientClosed' | 'notHttp',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
