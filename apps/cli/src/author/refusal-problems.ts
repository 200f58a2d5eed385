import { join } from 'node:path';
import { z } from 'zod';
import type { FoundModel } from './find-models.js';
import type { ErrorAnswer } from '../client/refusal.js';
import type { Problem } from '../war/problem.js';

const place = z.object({ file: z.string(), line: z.number(), column: z.number().optional() });
const specRefusal = z.object({ problems: z.array(place.extend({ rule: z.string(), message: z.string() })) });
const nodeRefusal = z.object({
  failures: z.array(z.object({ node: z.string(), reason: z.string(), place: place.optional() })),
});

export interface RefusedFolder {
  readonly folder: string;
  readonly models: readonly FoundModel[];
}

/** The name of a file as a person has it, whose path in an archive is known. */
function pathOf({ folder, models }: RefusedFolder, node: string, file: string): string {
  const model = models.find((each) => node.replace(/\.v\d+$/, '').endsWith(`__${each.node}`));
  return join(model === undefined || model.kind === 'archive' ? folder : model.path, file);
}

/** What a server says of a version that it does not take, as problems of the files in the folder that it came from. */
export function refusalProblems(error: ErrorAnswer, refused: RefusedFolder): Problem[] {
  const spec = specRefusal.safeParse(error);
  if (spec.success) return spec.data.problems.map((each) => placedProblem(each.rule, each.message, refused, '', each));
  const nodes = nodeRefusal.safeParse(error);
  if (!nodes.success || nodes.data.failures.length === 0) {
    return [{ rule: 'registration', message: error.message, file: refused.folder }];
  }
  return nodes.data.failures.map(({ node, reason, place: at }) => {
    if (at === undefined) return { rule: 'load', message: `${node}: ${reason}`, file: refused.folder };
    return placedProblem('load', reason, refused, node, at);
  });
}

/**
 * A problem at a place in an archive that is packed from a folder.
 *
 * @param node as `<workflow>__<node>`; empty where none is at fault.
 */
export function placedProblem(
  rule: string,
  message: string,
  refused: RefusedFolder,
  node: string,
  { file, line, column }: { readonly file: string; readonly line: number; readonly column?: number | undefined },
): Problem {
  return { rule, message, file: pathOf(refused, node, file), line, ...(column === undefined ? {} : { column }) };
}
