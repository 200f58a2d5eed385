import type { TorchweaveError } from '@torchweave/domain';

/** One thing that is wrong with a workflow, by the rule that it breaks. */
export interface Problem {
  readonly rule: string;
  readonly message: string;
  /** The file as a person would name it. */
  readonly file: string;
  /** Counted from 1, and absent where there is no place in the file. */
  readonly line?: number;
  readonly column?: number;
}

/** What is wrong, and what is taken and ignored. */
export interface ProblemsAndWarnings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** `file:line:column: message (rule)`, as compilers write it; what has no lines goes without. */
export function problemLine({ file, line, column, message, rule }: Problem): string {
  const place = line === undefined ? '' : `:${line}:${column ?? 1}`;
  return `${file}${place}: ${message} (${rule})`;
}

/** The same of what is taken and ignored. */
export const warningLine = (warning: Problem): string =>
  problemLine({ ...warning, message: `warning: ${warning.message}` });

/** An error of the catalogue as a problem of a file. */
export function problemOf(error: TorchweaveError, rule: string, file: string): Problem {
  return { rule, message: error.message, file };
}
