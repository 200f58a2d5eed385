import { isOutOfFiles, TorchweaveError } from '@torchweave/domain';

import { AnswerLateError, AnswerTooLargeError, type HttpAnswer } from './exchange.js';
import { isJsonObject, type JsonObject } from './json.js';

const longestParsedBody = 65_536;
const longestMessage = 2_000;

/** What TorchServe said of a refusal. `type` is the simple name of its Java exception (http/ErrorResponse.java). */
export interface Refusal {
  readonly status: number;
  readonly type: string | undefined;
  readonly message: string;
}

/**
 * Reads an error answer. TorchServe sends `{code, type, message}`, but an answer may also be empty (Netty's 413), HTML of a
 * proxy, or a handler's own bytes.
 */
export function readRefusal({ status, body }: HttpAnswer): Refusal {
  const parsed = body.length <= longestParsedBody ? parseObject(body) : undefined;
  const message =
    nonEmpty(parsed?.['message']) ?? nonEmpty(body.toString('utf8', 0, longestMessage)) ?? withoutWords(status);
  return { status, type: nonEmpty(parsed?.['type']), message: message.slice(0, longestMessage) };
}

/** TorchServe answers a missing, wrong or expired key with 400 (http/TokenAuthorizationHandler.java). */
export function isKeyRefused(answer: HttpAnswer): boolean {
  return answer.status === 400 && readRefusal(answer).type === 'InvalidKeyException';
}

/** The error for an answer that refuses a request; the status stays TorchServe's. */
export function refusedBy(endpoint: string, answer: HttpAnswer): TorchweaveError<'modelServerRefused'> {
  const { status, message } = readRefusal(answer);
  return new TorchweaveError('modelServerRefused', { endpoint, status, message });
}

/** The error for a refused key. */
export function unauthorizedBy(endpoint: string, answer: HttpAnswer): TorchweaveError<'modelServerUnauthorized'> {
  const { message } = readRefusal(answer);
  return new TorchweaveError('modelServerUnauthorized', {
    endpoint,
    message: /[.!?]$/.test(message) ? message : `${message}.`,
  });
}

/** The error for an exchange that gave no answer that can be used. Its reason names no address. */
export function failedExchange(endpoint: string, cause: unknown): TorchweaveError {
  if (isOutOfFiles(cause)) return new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause });
  if (cause instanceof AnswerTooLargeError) {
    return new TorchweaveError('modelServerRefused', { endpoint, status: 413, message: cause.message }, { cause });
  }
  return new TorchweaveError('modelServerUnreachable', { endpoint, reason: reasonOf(cause) }, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name lookup failed',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connect timed out',
  connectTimeout: 'connect timed out',
  connectionClosed: 'connection closed',
  clientClosed: 'this client is closed',
  notHttp: 'the answer is not HTTP',
};

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'connection failed';
  if (cause instanceof AnswerLateError) return lowerFirst(cause.message.replace(/\.$/, ''));
  const code = codeOf(cause) ?? codeOf(cause.cause);
  if (code === undefined) return 'connection failed';
  return reasons[code] ?? `connection failed (${code})`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function withoutWords(status: number): string {
  if (status === 413) return 'The request is larger than the max_request_size of the model server.';
  return `The model server answered ${status} without a message.`;
}

function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return isJsonObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function nonEmpty(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.trim() || undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
