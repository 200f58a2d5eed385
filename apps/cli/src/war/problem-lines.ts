import { readFile } from 'node:fs/promises';
import { excerptLines } from './excerpt.js';
import { problemLine, warningLine, type Problem } from './problem.js';

/** Problems, each with the line of its file and a caret below its place, and warnings. */
export function problemLines(
  { problems, warnings }: { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] },
  textOf: (file: string) => string | undefined,
): string[] {
  return [
    ...problems.flatMap((problem) => [problemLine(problem), ...excerptLines(problem, textOf(problem.file))]),
    ...warnings.map(warningLine),
  ];
}

/**
 * The texts that places of problems are in, by the names of the files.
 *
 * @param read undefined for a file that cannot be read.
 */
export async function textsOf(
  problems: readonly Problem[],
  read: (file: string) => Promise<string | undefined> = readQuietly,
): Promise<ReadonlyMap<string, string>> {
  const files = new Set(problems.flatMap(({ file, line }) => (line === undefined ? [] : [file])));
  const texts = new Map<string, string>();
  for (const file of files) {
    const text = await read(file);
    if (text !== undefined) texts.set(file, text);
  }
  return texts;
}

/** A problem is told without its line, too. */
const readQuietly = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
