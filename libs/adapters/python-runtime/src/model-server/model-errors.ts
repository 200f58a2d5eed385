import { TorchweaveError } from '@torchweave/domain';
import { isOutOfFiles } from '@torchweave/kernel';
import { CallFailure } from '../pool/call-failure.js';
import { ProcessLoadError } from '../processes/python-process.js';
import type { RowOutput } from '../protocol/answer-frame.js';

export const endpoint = 'local';

/** What the server says no to, with TorchServe's status and words where it has them. */
export function refused(status: number, message: string, cause?: unknown): TorchweaveError<'modelServerRefused'> {
  return new TorchweaveError('modelServerRefused', { endpoint, status, message }, { cause });
}

export function modelNotFound(name: string): TorchweaveError<'modelServerRefused'> {
  return refused(404, `Model not found: ${name}`);
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
  if (status !== undefined) return refused(status, answer ?? reason, thrown);
  switch (kind) {
    case 'raised':
      return refused(503, 'Prediction failed', thrown);
    case 'output':
      return refused(503, reason, thrown);
    case 'memory':
      return refused(507, 'Out of resources', thrown);
    case 'died':
    case 'overdue':
      return refused(500, 'Worker died.', thrown);
    case 'queueFull':
      return new TorchweaveError(
        'overloaded',
        { what: `requests that wait for the model ${model}`, limit: queueSize, retryAfterSeconds: 1 },
        { cause: thrown },
      );
    case 'unavailable':
      return refused(503, noWorker(model), thrown);
    case 'tooLarge':
      return refused(413, reason, thrown);
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
    // The archive's fault, in the catalogue's own words.
    return thrown.code === 'modelServerRefused' ? thrown : refused(thrown.status, thrown.message, thrown);
  }
  const loadError = thrown instanceof ProcessLoadError ? thrown : undefined;
  const reason = loadError?.reason ?? messageOf(thrown);
  return refused(
    loadError?.isRaised === true ? 400 : 500,
    `Failed to start workers for model ${model}: ${reason}`,
    thrown,
  );
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The error of an answer to which the handler gave an error status; its bytes are the message. */
export function refusedByHandler({ status = 200, value }: RowOutput): TorchweaveError | undefined {
  if (status >= 200 && status <= 299) return undefined;
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8').slice(0, 2_000);
  return refused(status, text.trim() || `The handler answered with status ${status}.`);
}
