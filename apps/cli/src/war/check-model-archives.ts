import { isTorchweaveError, isUrl } from '@torchweave/domain';
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CliError } from '../output/cli-error.js';
import { hasFile, withTexts, type ArchiveContents } from './archive-contents.js';
import { checkModelHandler } from './check-model-handler.js';
import type { Problem } from './problem.js';
import type { SourceCheck } from './python-checker.js';
import { nameOfFile } from './workflow-files.js';

/** A model of a spec. */
interface NamedModel {
  readonly name: string;
  readonly url: string;
}

/** Where models are looked for, and with what they are looked at. */
export interface ModelSearch extends SourceCheck {
  /** The first of these that has a model is taken. */
  readonly folders: readonly string[];
}

/**
 * Finds what is wrong with the model archives and model folders that a spec names and that lie in the folders. Those that lie in
 * none are left alone, and one that several models share is looked at once.
 */
export async function checkModelArchives(models: readonly NamedModel[], search: ModelSearch): Promise<Problem[]> {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { name, url } of models) {
    const path = findModel(url, search.folders);
    if (path === undefined || seen.has(path)) continue;
    seen.add(path);
    for (const problem of await checkModel(path, search)) {
      problems.push({ ...problem, message: `the model ${name}: ${problem.message}` });
    }
  }
  return problems;
}

/** By its name, also with `./` before it, as model servers take it. */
function findModel(url: string, folders: readonly string[]): string | undefined {
  const name = url.replace(/^(?:\.\/+)+/, '');
  if (isUrl(url) || name !== basename(name) || ['', '.', '..'].includes(name)) return undefined;
  return folders.map((folder) => join(folder, name)).find(isModel);
}

/** A file, or a folder as torch-model-archiver writes one with `no-archive`. */
function isModel(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true || (found?.isDirectory() === true && existsSync(join(path, 'MAR-INF')));
}

async function checkModel(path: string, search: ModelSearch): Promise<readonly Problem[]> {
  try {
    return await withTexts(path, (contents) => checkContents(contents, search));
  } catch (error) {
    if (!(error instanceof CliError) && !isTorchweaveError(error)) throw error;
    return [{ rule: 'model', message: error.message, file: path }];
  }
}

/** Entries of a manifest that name a file without which the model does not load. */
const neededFiles = ['serializedFile', 'modelFile', 'configFile'] as const;

async function checkContents(contents: ArchiveContents, search: ModelSearch): Promise<readonly Problem[]> {
  // Loaded here: what it reads manifests by is not small.
  const { modelManifestPath, readModelManifest } = await import('./inspect-model-archive.js');
  const { model } = await readModelManifest(contents);
  const file = nameOfFile(contents, modelManifestPath);
  const missing = neededFiles.flatMap((key): Problem[] => {
    const path = model[key];
    if (typeof path !== 'string' || path === '' || hasFile(contents, path)) return [];
    return [{ rule: 'model', message: `its manifest names the ${key} ${path}, which is not in it.`, file }];
  });
  return [...missing, ...(await checkModelHandler(contents, model.handler, file, search))];
}
