import { isTorchweaveError } from '@torchweave/domain';
import { basename } from 'node:path';
import { hasFile, type ArchiveContents } from './archive-contents.js';
import { faultProblem, misfitText } from './check-functions.js';
import type { Problem } from './problem.js';
import type { SourceCheck } from './python-checker.js';
import { nameOfFile } from './workflow-files.js';

/**
 * Finds what is wrong with the handler of a model archive, by the rules that the runtime goes by when it loads it.
 *
 * @param handler of the manifest: `file.py`, `file:function`, `pack.mod` of a folder, or one of TorchServe's own.
 * @param manifest as problems name it.
 */
export async function checkModelHandler(
  contents: ArchiveContents,
  handler: string,
  manifest: string,
  check: SourceCheck,
): Promise<Problem[]> {
  const [named = '', ...rest] = handler.split(':');
  const path = findHandler(contents, named);
  if (path !== undefined) return checkSource(contents, path, rest.join(':') || 'handle', check);
  // Any other may be one of TorchServe's own, or a package of this folder.
  if (!named.endsWith('.py')) return [];
  const message = `its manifest names the handler ${named}, which is not in it.`;
  return [{ rule: 'model', message, file: manifest }];
}

function findHandler(contents: ArchiveContents, named: string): string | undefined {
  const file = named.endsWith('.py') ? named : `${named}.py`;
  const asModule = `${named.replaceAll('.', '/')}.py`;
  return [file, basename(file), asModule].find((path) => hasFile(contents, path));
}

/** A file of an encoding or size that is none of a text here is left alone. */
async function checkSource(
  contents: ArchiveContents,
  path: string,
  entry: string,
  { python, sources }: SourceCheck,
): Promise<Problem[]> {
  const source = await contents.readText(path).catch((error: unknown) => {
    if (isTorchweaveError(error)) return undefined;
    throw error;
  });
  const facts = source === undefined ? undefined : await python?.inspect(source, [entry]);
  if (source === undefined || facts === undefined) return [];
  const file = nameOfFile(contents, path);
  sources.set(file, source);
  if ('fault' in facts) return [faultProblem(facts.fault, file)];
  const { misfit, line = 1, column = 1 } = facts.functions.get(entry) ?? {};
  if (misfit !== undefined) return [{ rule: 'model', message: misfitText(entry, misfit), file, line, column }];
  // Without a function of that name its only class is taken.
  if (facts.isOpaque || facts.hasClasses || facts.functions.has(entry)) return [];
  return [
    { rule: 'model', message: `its handler file has neither a function ${entry} nor a class.`, file, line, column },
  ];
}
