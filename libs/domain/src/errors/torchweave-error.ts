import { isOutOfFiles } from '@torchweave/kernel';
import { boundData } from './bound-data.js';
import { errorCatalogue, type ErrorCode, type ErrorData } from './catalogue/catalogue.js';
import type { ModelServerRefusals } from './catalogue/model-server-errors.js';

/** An error as it is stored and sent between processes: rebuilt with {@link TorchweaveError.fromRecord}. */
export interface ErrorRecord<Code extends ErrorCode = ErrorCode> {
  readonly code: Code;
  readonly data: ErrorData[Code];
}

/** The body of an error answer: TorchServe's `{code, type, message}`, plus the catalogue's code and data. */
export interface ErrorBody {
  readonly code: number;
  readonly type: string;
  readonly message: string;
  /** The catalogue's code: what a client tells faults of one status apart by. */
  readonly errorCode: ErrorCode;
}

/** The one error class of Torchweave: a code of the catalogue and its data. */
export class TorchweaveError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'TorchweaveError';
  /** TorchServe's exception name for this error. */
  readonly type: string;
  /** The HTTP status that tells this error. */
  readonly status: number;

  /** Within the limits of `boundData`, whoever it comes from. */
  readonly data: ErrorData[Code];

  constructor(
    readonly code: Code,
    given: ErrorData[Code],
    options?: ErrorOptions,
  ) {
    const entry = errorCatalogue[code];
    const data = boundData(given);
    super(entry.message(data), options);
    this.data = data;
    this.type = entry.type;
    this.status = typeof entry.status === 'number' ? entry.status : entry.status(data);
  }

  /** Rebuilds the error that another process recorded. */
  static fromRecord<C extends ErrorCode>(record: ErrorRecord<C>): TorchweaveError<C> {
    return new TorchweaveError(record.code, record.data);
  }

  toRecord(): ErrorRecord<Code> {
    return { code: this.code, data: this.data };
  }

  /** The error answer: TorchServe's code, type and message, the catalogue's code, and what the catalogue shows of the data. */
  toBody(): ErrorBody & Readonly<Record<string, unknown>> {
    const shows: readonly (keyof ErrorData[Code])[] = errorCatalogue[this.code].shows ?? [];
    const shown = Object.fromEntries(shows.map((key) => [key, this.data[key]]));
    return { code: this.status, type: this.type, message: this.message, errorCode: this.code, ...shown };
  }
}

/** True when `error` is of the catalogue, and of `code` where one is given. */
export function isTorchweaveError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is TorchweaveError<Code> {
  return error instanceof TorchweaveError && (code === undefined || error.code === code);
}

/** True when a model server gave no answer: it cannot be reached, or was late. */
export function isUnanswered(
  error: unknown,
): error is TorchweaveError<'modelServerUnreachable'> | TorchweaveError<'modelServerLate'> {
  return isTorchweaveError(error, 'modelServerUnreachable') || isTorchweaveError(error, 'modelServerLate');
}

const refusals: Readonly<Record<keyof ModelServerRefusals, true>> = {
  modelMissing: true,
  modelBusy: true,
  modelFailed: true,
  modelRejected: true,
  modelServerFull: true,
  modelServerRefused: true,
};

/** True when a model server answered, and has not done what it was asked for. */
export function isRefused(error: unknown): error is TorchweaveError<keyof ModelServerRefusals> {
  return isTorchweaveError(error) && Object.hasOwn(refusals, error.code);
}

/**
 * Wraps whatever was thrown, cause kept: errors of the catalogue stay as they are, what found no room for a further file becomes
 * `openFilesExhausted`, all else `internal`.
 */
export function toTorchweaveError(thrown: unknown): TorchweaveError {
  if (thrown instanceof TorchweaveError) return thrown;
  if (isOutOfFiles(thrown))
    return new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }, { cause: thrown });
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new TorchweaveError('internal', { reason }, { cause: thrown });
}
