import { exitCodes } from '../exit-codes.js';

export interface CliErrorOptions extends ErrorOptions {
  readonly exitCode?: number;
  /** What `--json` tells instead of the sentence alone. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A failure that the command itself finds, or that a server has told: one sentence of what is wrong and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? exitCodes.failed;
    this.body = options.body ?? { message };
  }
}

/** A command line that commander accepts and that makes no sense all the same. */
export function usageError(message: string): CliError {
  return new CliError(message, { exitCode: exitCodes.usage });
}
