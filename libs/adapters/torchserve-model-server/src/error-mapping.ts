import { reachesClient } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { AnswerLateError, AnswerTooLargeError, type HttpAnswer, reasonOf } from '@torchweave/http-exchange';
import { isOutOfFiles } from '@torchweave/kernel';

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

/** How the management API says no to the model itself. */
const rejections = new Set([400, 404, 413, 415, 422]);

/** The error for an answer of the management API that refuses a request. */
export function refusedBy(endpoint: string, answer: HttpAnswer): TorchweaveError {
  const { status, message } = readRefusal(answer);
  const code = rejections.has(status) ? 'modelRejected' : status === 507 ? 'modelServerFull' : 'modelServerRefused';
  return new TorchweaveError(code, { endpoint, answered: String(status), message });
}

/** What TorchServe tells of the whole of a batch, its one request included, comes as this Java exception. */
const failedBatchType = 'InternalServerException';

/** Its own words for what a handler did (ts/service.py). All others are a handler's, of an exception with a status. */
const ownWords = new Set([
  ...['Prediction failed', 'Out of resources', 'Invalid model predict output', 'number of batch response mismatched'],
  ...['Unsupported model output data type.', 'Worker died.'],
]);

const whereToLook = 'What its handler did stands in the model_log.log of that TorchServe.';

/**
 * The error for an inference that was refused. TorchServe's own words tell little, so it is said where to look.
 *
 * It answers all requests of a batch alike when the handler raises for one of them. Where there may have been several, what a handler
 * said is kept back, and counts as a fault of the server: another attempt may have better company.
 */
export function refusedInference(endpoint: string, answer: HttpAnswer, isBatched: boolean): TorchweaveError {
  const refusal = readRefusal(answer);
  const { status, type, message } = refusal;
  if (type !== failedBatchType) return inferenceError(endpoint, refusal);
  if (ownWords.has(message)) {
    return inferenceError(endpoint, { ...refusal, message: `${message.replace(/\.$/, '')}. ${whereToLook}` });
  }
  if (!isBatched) return inferenceError(endpoint, refusal);
  const kept =
    `Its handler refused a batch with ${status}. TorchServe does not tell which request it meant, so its words are kept ` +
    'back; with batch-size 1 they are told.';
  return inferenceError(endpoint, { ...refusal, status: 500, message: kept });
}

/** A handler may name any status: of one that TorchServe has for itself, nobody can tell whose it is. */
function inferenceError(endpoint: string, { status, type, message }: Refusal): TorchweaveError {
  if (reachesClient(status)) return new TorchweaveError('modelRaised', { endpoint, status, message });
  const code = status === 404 ? 'modelMissing' : status !== 503 ? 'modelServerRefused' : unavailableAs(type);
  return new TorchweaveError(code, { endpoint, answered: String(status), message });
}

/** With 503 TorchServe tells both of a handler that raised, and of a model without a worker or with a full queue. */
const unavailableAs = (type: string | undefined): 'modelFailed' | 'modelBusy' =>
  type === failedBatchType ? 'modelFailed' : 'modelBusy';

/** The error for a refused key. */
export function unauthorizedBy(endpoint: string, answer: HttpAnswer): TorchweaveError<'modelServerUnauthorized'> {
  const { message } = readRefusal(answer);
  return new TorchweaveError('modelServerUnauthorized', {
    endpoint,
    message: /[.!?]$/.test(message) ? message : `${message}.`,
  });
}

/**
 * The error for an exchange that gave no answer that can be used. Its reason names no address.
 *
 * @param timeoutMs what all tries together might take.
 */
export function failedExchange(endpoint: string, cause: unknown, timeoutMs?: number): TorchweaveError {
  if (isOutOfFiles(cause)) return new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause });
  if (cause instanceof AnswerTooLargeError) {
    const { message } = cause;
    return new TorchweaveError('modelServerRefused', { endpoint, answered: '413', message }, { cause });
  }
  if (cause instanceof AnswerLateError) {
    return new TorchweaveError('modelServerLate', { endpoint, timeoutMs: timeoutMs ?? cause.limitMs }, { cause });
  }
  return new TorchweaveError('modelServerUnreachable', { endpoint, reason: reasonOf(cause) }, { cause });
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
