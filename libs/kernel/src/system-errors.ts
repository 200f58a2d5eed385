/** The code of an error of the system, `ENOENT` for instance; empty for any other value. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

const outOfFiles: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);
/** Causes of causes that are looked at: an error may be its own. */
const deepest = 8;

/** Whether something failed because no further file or connection could be opened, whatever else was said of it since. */
export function isOutOfFiles(thrown: unknown, depth = 0): boolean {
  if (!(thrown instanceof Error) || depth > deepest) return false;
  if (outOfFiles.has(codeOf(thrown))) return true;
  const several: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors.slice(0, deepest) : [];
  return [thrown.cause, ...several].some((cause) => isOutOfFiles(cause, depth + 1));
}
