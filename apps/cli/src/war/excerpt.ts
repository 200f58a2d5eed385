import type { Problem } from './problem.js';

/** Characters of a line that are shown, and of them before the place. */
const shown = { most: 100, before: 60 };
const lineEnds = /\r\n|[\n\r\u0085\u2028\u2029]/;

/** The line that a problem is in, and a caret below its place; nothing where the text has no such place or the line is empty. */
export function excerptLines({ line, column }: Problem, text: string | undefined): string[] {
  const source = line === undefined ? undefined : text?.split(lineEnds)[line - 1];
  if (source === undefined || source.trim() === '') return [];
  // A line without a column is meant from its first word on.
  const at = Math.min(column === undefined ? source.length - source.trimStart().length : column - 1, source.length);
  const from = at < shown.most ? 0 : at - shown.before;
  // What has no width, or more than one column, would move the caret.
  const cut = source.slice(from, from + shown.most).replace(/[^\x20-\x7e\u00a1-\u02ff]/g, '?');
  return [`    ${cut}`, `    ${' '.repeat(at - from)}^`];
}
