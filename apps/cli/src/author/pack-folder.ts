import { packWorkflowArchive } from '@torchweave/archive-format';
import { assertWorkflowName, reviewSpec } from '@torchweave/domain';
import { version } from '@torchweave/platform/version';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { Problem } from '../war/problem.js';
import type { PythonChecker } from '../war/python-checker.js';
import { validateSources } from '../war/validate-sources.js';
import { findModels, type FoundModel } from './find-models.js';
import { listFolder } from './folder-files.js';
import { fingerprintOfModels, stageModels } from './stage-models.js';
import { findWorkflowFolder, type FolderOptions, type WorkflowFolder } from './workflow-folder.js';

/** Folders of a workflow's folder in which models are looked for as well; nothing of them is packed. */
const modelFolders = ['models', 'model-store', 'model_store'];

/** How a folder is packed. */
export interface PackFolderOptions extends FolderOptions {
  /** Further folders in which models are looked for. */
  readonly modelStores: readonly string[];
  /** A folder of the caller's own: the archive and a model store are made in it. */
  readonly output: string;
  /** The time of everything that is packed: the same files give the same bytes. */
  readonly sourceDate: Date;
  /** Compiles the Python, which is run by nobody. */
  readonly python: PythonChecker;
}

/** A folder as it was read. */
export interface FolderReading {
  readonly workflow: WorkflowFolder;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly models: readonly FoundModel[];
}

/** A folder without problems, packed. */
export interface PackedFolder {
  readonly archive: string;
  /** Has the models that the spec names. */
  readonly modelStore: string;
  /** Tells the content, with that of the models, apart from any other. */
  readonly fingerprint: string;
}

/**
 * Reads and checks a workflow's folder.
 *
 * @throws CliError where it has no spec, or cannot be read.
 */
export async function readFolder(folder: string, options: PackFolderOptions): Promise<FolderReading> {
  const workflow = await findWorkflowFolder(folder, options);
  assertWorkflowName(workflow.name);
  const { specFile, handler } = workflow;
  const { problems, warnings } = await validateSources(specFile, handler, { python: options.python });
  const review = reviewSpec(await readFile(specFile, 'utf8'), specFile);
  const places = [folder, ...modelFolders.map((name) => join(folder, name)), ...options.modelStores];
  const models = await findModels(review, specFile, await existing(places));
  return { workflow, problems: [...problems, ...models.problems], warnings, models: models.found };
}

async function existing(folders: readonly string[]): Promise<string[]> {
  const found = folders.map(async (folder) =>
    (await stat(folder).catch(() => undefined)) === undefined ? [] : [folder],
  );
  return (await Promise.all(found)).flat();
}

/** Packs what {@link readFolder} has found to be in order: spec, handler and everything else that lies in the folder but models. */
export async function packFolder(
  { workflow: { folder, name, specFile, handler }, models }: FolderReading,
  { output, sourceDate }: PackFolderOptions,
): Promise<PackedFolder> {
  const modelStore = join(output, 'model-store');
  await stageModels(models, modelStore);
  const ownModels = models.map(({ path }) => relative(folder, path).split(sep).join('/'));
  const skipped = new Set([...modelFolders, ...ownModels, 'WAR-INF']);
  const { files } = await listFolder(folder, (path) => skipped.has(path));
  // These two lie at the top of an archive, wherever they are here.
  const named = [specFile, ...(handler === undefined ? [] : [handler])];
  const taken = new Set(named.flatMap((path) => [resolve(path), resolve(folder, basename(path))]));
  const archive = await packWorkflowArchive({
    ...{ workflowName: name, specFile, ...(handler === undefined ? {} : { handler }) },
    files: files.filter(({ source }) => typeof source === 'string' && !taken.has(resolve(source))),
    ...{ archiverVersion: `torchweave-${version}`, exportPath: output, format: 'default', force: true, sourceDate },
  });
  const fingerprint = `${await sha256Of(archive)} ${await fingerprintOfModels(models)}`;
  return { archive, modelStore, fingerprint };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
