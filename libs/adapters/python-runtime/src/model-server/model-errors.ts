import { reachesClient } from '@torchweave/application';
import { isRefused, placed, sourcePlaceOf, TorchweaveError, type SourcePlace } from '@torchweave/domain';
import { isOutOfFiles } from '@torchweave/kernel';
import { CallFailure } from '../pool/call-failure.js';
import { ProcessLoadError } from '../processes/python-process.js';
import type { RowOutput } from '../protocol/answer-frame.js';

export const endpoint = 'local';

/** A model that is not to be had from where a registration says, or at fault; with TorchServe's words where it has them. */
export function rejected(message: string, cause?: unknown): TorchweaveError {
  return new TorchweaveError('modelRejected', { endpoint, message, ...placed(placeIn(cause)) }, { cause });
}

/** A registration that comes to nothing through no fault of its model. */
export function notRegistered(message: string, cause?: unknown): TorchweaveError {
  return new TorchweaveError('modelServerRefused', { endpoint, message }, { cause });
}

export function full(message: string, cause?: unknown): TorchweaveError {
  return new TorchweaveError('modelServerFull', { endpoint, message }, { cause });
}

/** An inference that comes to nothing. @param status what TorchServe would answer. */
function refusedAs(
  code: 'modelMissing' | 'modelBusy' | 'modelFailed' | 'modelServerRefused',
  status: number,
  message: string,
  cause?: unknown,
): TorchweaveError {
  const data = { endpoint, answered: String(status), message, ...placed(placeIn(cause)) };
  return new TorchweaveError(code, data, { cause });
}

/** Where the model's own code has raised what went wrong. */
function placeIn(thrown: unknown): SourcePlace | undefined {
  if (thrown instanceof CallFailure || thrown instanceof ProcessLoadError) return thrown.place;
  return thrown instanceof TorchweaveError ? sourcePlaceOf(thrown) : undefined;
}

export function modelNotFound(name: string): TorchweaveError {
  return refusedAs('modelMissing', 404, `Model not found: ${name}`);
}

/** What a handler said with a status. One that a model server has for itself means here what it means on TorchServe. */
function raised(status: number, message: string, cause?: unknown): TorchweaveError {
  if (reachesClient(status)) {
    const data = { endpoint, status, message, ...placed(placeIn(cause)) };
    return new TorchweaveError('modelRaised', data, { cause });
  }
  const code = status === 404 ? 'modelMissing' : status === 503 ? 'modelFailed' : 'modelServerRefused';
  return refusedAs(code, status, message, cause);
}

/** A failed inference, told as TorchServe would. */
export function inferenceError(
  model: string,
  thrown: unknown,
  { queueSize, timeoutMs }: { readonly queueSize: number; readonly timeoutMs: number },
): TorchweaveError {
  if (thrown instanceof TorchweaveError) return thrown;
  if (!(thrown instanceof CallFailure)) {
    return new TorchweaveError('internal', { reason: String(thrown) }, { cause: thrown });
  }
  const { kind, reason, status, answer } = thrown;
  if (status !== undefined) return raised(status, answer ?? reason, thrown);
  switch (kind) {
    case 'raised':
      return refusedAs('modelFailed', 503, 'Prediction failed', thrown);
    case 'output':
      return refusedAs('modelFailed', 503, reason, thrown);
    case 'memory':
      return refusedAs('modelServerRefused', 507, 'Out of resources', thrown);
    case 'died':
    case 'overdue':
      return refusedAs('modelServerRefused', 500, 'Worker died.', thrown);
    case 'queueFull':
      return new TorchweaveError(
        'overloaded',
        { what: `requests that wait for the model ${model}`, limit: queueSize, retryAfterSeconds: 1 },
        { cause: thrown },
      );
    case 'unavailable':
      return refusedAs('modelBusy', 503, noWorker(model), thrown);
    case 'tooLarge':
      return refusedAs('modelServerRefused', 413, reason, thrown);
    case 'timeout':
      return new TorchweaveError('modelServerLate', { endpoint, timeoutMs }, { cause: thrown });
    case 'aborted':
      return new TorchweaveError('modelServerUnreachable', { endpoint, reason }, { cause: thrown.cause ?? thrown });
  }
}

function noWorker(model: string): string {
  return `Model "${model}" has no worker to serve inference request. Please use scale workers API to add workers.`;
}

/** A registration that failed. */
export function registrationError(model: string, thrown: unknown): TorchweaveError {
  if (isOutOfFiles(thrown))
    return new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause: thrown });
  if (thrown instanceof TorchweaveError) {
    if (isRefused(thrown)) return thrown;
    // Most are the archive's fault; in the catalogue's own words.
    const told = thrown.status < 500 ? rejected : thrown.status === 507 ? full : notRegistered;
    return told(thrown.message, thrown);
  }
  const loadError = thrown instanceof ProcessLoadError ? thrown : undefined;
  const reason = loadError?.reason ?? messageOf(thrown);
  const told = loadError?.isRaised === true ? rejected : notRegistered;
  return told(`Failed to start workers for model ${model}: ${reason}`, thrown);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The error of an answer to which the handler gave an error status; its bytes are the message. */
export function refusedByHandler({ status = 200, value }: RowOutput): TorchweaveError | undefined {
  if (status >= 200 && status <= 299) return undefined;
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').slice(0, 2_000);
  return raised(status, text.trim() || `The handler answered with status ${status}.`);
}
