import { isTorchweaveError, toTorchweaveError } from '@torchweave/domain';
import { exitCodes } from '../exit-codes.js';
import { CliError } from './cli-error.js';

/** What is told of a failure. */
export interface Failure {
  readonly sentence: string;
  /** What `--json` tells. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

/** Reads what a command has thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CliError) {
    const { message, body, exitCode } = thrown;
    return { sentence: message, body, exitCode };
  }
  const error = toTorchweaveError(thrown);
  // At a terminal there is no server log to look into: the reason is told here.
  if (isTorchweaveError(error, 'internal')) {
    const { reason } = error.data;
    return { sentence: reason, body: { ...error.toBody(), message: reason }, exitCode: exitCodes.failed };
  }
  const more = isTorchweaveError(error, 'stateUnavailable')
    ? error.data.reason
    : isTorchweaveError(error, 'dagInvalid')
      ? error.data.detail
      : undefined;
  const sentence = more === undefined ? error.message : `${error.message} (${more})`;
  return { sentence, body: error.toBody(), exitCode: exitCodes.failed };
}
