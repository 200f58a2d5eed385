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
