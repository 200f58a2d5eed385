import { isValidName } from '@torchweave/domain';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, parse, resolve } from 'node:path';
import { CliError } from '../output/cli-error.js';
import { isWanted, listFolder } from './folder-files.js';

/** What of a folder's layout is said instead of found. */
export interface FolderOptions {
  readonly workflowName?: string | undefined;
  /** Path of the YAML file. */
  readonly specFile?: string | undefined;
  /** Path of the Python file. */
  readonly handler?: string | undefined;
}

/** The sources of a workflow in a folder: what `war create` is told by flags. */
export interface WorkflowFolder {
  readonly folder: string;
  readonly name: string;
  /** Paths, as a person would name the files. */
  readonly specFile: string;
  /** Absent where there is no Python file that could be it. */
  readonly handler: string | undefined;
}

const specNames = ['workflow_spec', 'workflow-spec', 'workflow', 'spec'];
const isSpecName = (file: string): boolean => /\.ya?ml$/i.test(file);
/** A spec has a graph; other YAML files, such as a model's configuration, have none. */
const hasGraph = (text: string): boolean => /^(?:dag|"dag"|'dag')\s*:/m.test(text);

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function namesIn(folder: string): Promise<string[]> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw new CliError(`There is no folder ${folder}.`);
  }
  const { files } = await listFolder(folder, (path) => path.includes('/') || !isWanted(path));
  return files.map(({ path }) => path).filter((path) => !path.includes('/'));
}

async function findSpec(folder: string, names: readonly string[]): Promise<string> {
  const specs = names.filter(isSpecName);
  const found =
    specs.find((file) => specNames.includes(parse(file).name)) ?? (specs.length === 1 ? specs[0] : undefined);
  if (found !== undefined) return found;
  if (specs.length === 0) {
    throw new CliError(
      `${folder} has no spec: a .yaml file with "dag", which says what follows what, and "models" where it has some.`,
    );
  }
  const texts = await Promise.all(specs.map((file) => readFile(join(folder, file), 'utf8')));
  const graphs = specs.filter((_, index) => hasGraph(texts[index] ?? ''));
  const [only] = graphs;
  if (only !== undefined && graphs.length === 1) return only;
  const those = (graphs.length === 0 ? specs : graphs).join(', ');
  throw new CliError(`${folder} has several files that may be its spec: ${those}. Name it with --spec-file.`);
}

/** The only Python file, or the one that is named after the spec or as handlers are. */
function findHandler(names: readonly string[], specFile: string): string | undefined {
  const files = names.filter((file) => file.endsWith('.py'));
  const stem = parse(specFile).name;
  const usual = [stem, `${stem}_handler`, 'workflow_handler', 'handler', 'functions'].map((name) => `${name}.py`);
  return usual.find((name) => files.includes(name)) ?? (files.length === 1 ? files[0] : undefined);
}

/** What a workflow is called of whose folder nothing else is known. */
export function nameOfFolder(folder: string): string {
  const name = basename(resolve(folder));
  return isValidName(name) ? name : 'workflow';
}

/** The spec's name, or the folder's where that says no more than that it is a spec. */
function nameFor(folder: string, specFile: string): string {
  const stem = parse(specFile).name;
  return specNames.includes(stem) || !isValidName(stem) ? nameOfFolder(folder) : stem;
}

/**
 * Finds the spec and the handler file of a workflow in its folder: the only `.yaml` file, or the one with a `dag`; the only Python
 * file, or the one with the spec's name.
 *
 * @throws CliError that says what is missing, or between what to choose.
 */
export async function findWorkflowFolder(folder: string, options: FolderOptions): Promise<WorkflowFolder> {
  const names = await namesIn(folder);
  for (const [flag, path] of [['--spec-file', options.specFile] as const, ['--handler', options.handler] as const]) {
    if (path !== undefined && !(await isFile(path))) throw new CliError(`There is no file ${path}, named by ${flag}.`);
  }
  const specFile = options.specFile ?? join(folder, await findSpec(folder, names));
  const found = findHandler(names, specFile);
  const handler = options.handler ?? (found === undefined ? undefined : join(folder, found));
  return { folder, name: options.workflowName ?? nameFor(folder, specFile), specFile, handler };
}
