import { isTorchweaveError, manifestPath, TorchweaveError } from '@torchweave/domain';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { withArchive } from './archive-contents.js';
import { checkFunctions } from './check-functions.js';
import { checkModels } from './check-models.js';
import { checkSpec } from './check-spec.js';
import { inspectManifest } from './inspect-manifest.js';
import { problemOf, type Problem } from './problem.js';
import { nameOfFile, type WorkflowFiles } from './workflow-files.js';

export interface ValidationOptions {
  /** The folder that must hold the model archives; they are not looked for without it. */
  readonly modelStore?: string | undefined;
}

interface TextReading {
  readonly text?: string;
  readonly problems: readonly Problem[];
}

/** Reads one of the texts that a workflow must have; what keeps it from being read is a problem. */
async function readNeeded(files: WorkflowFiles, path: string, missing: Problem): Promise<TextReading> {
  try {
    const text = await files.readText(path);
    return text === undefined ? { problems: [missing] } : { text, problems: [] };
  } catch (error) {
    if (!isTorchweaveError(error)) throw error;
    return { problems: [problemOf(error, 'archive', nameOfFile(files, path))] };
  }
}

/** The handler may be in any encoding that Python reads, which is then of no use here. */
async function checkHandler(files: WorkflowFiles, handler: string, functions: readonly string[]): Promise<Problem[]> {
  const file = nameOfFile(files, handler);
  try {
    const source = await files.readText(handler);
    if (source !== undefined) return checkFunctions(functions, source, file);
    const message = `The handler file ${handler}, named in ${manifestPath}, is not in the archive.`;
    return [{ rule: 'handler', message, file }];
  } catch (error) {
    if (!isTorchweaveError(error)) throw error;
    return [];
  }
}

/** The problem of function nodes without a handler file. */
function handlerMissing(functions: readonly string[], file: string): Problem[] {
  if (functions.length === 0) return [];
  const reason = `is missing, but these nodes are not under models and so are its functions: ${functions.join(', ')}`;
  return [
    problemOf(new TorchweaveError('manifestFieldInvalid', { field: 'workflow.handler', reason }), 'handler', file),
  ];
}

/** What is wrong with a workflow, and what is taken and ignored. */
export interface Validation {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

interface SpecReading extends Validation {
  readonly functions: readonly string[];
}

async function checkNamedSpec(
  files: WorkflowFiles,
  specFile: string,
  { modelStore }: ValidationOptions,
): Promise<SpecReading> {
  const file = nameOfFile(files, specFile);
  const missing = problemOf(new TorchweaveError('specFileMissing', { file: specFile }), 'archive', file);
  const { text, problems } = await readNeeded(files, specFile, missing);
  if (text === undefined) return { problems, warnings: [], functions: [] };
  const check = checkSpec(text, file);
  const models = modelStore === undefined ? [] : await checkModels(check, file, modelStore);
  const { warnings, functions } = check;
  return { problems: [...check.problems, ...models], warnings, functions };
}

async function validateFiles(files: WorkflowFiles, options: ValidationOptions): Promise<Validation> {
  const file = nameOfFile(files, manifestPath);
  const missing = problemOf(new TorchweaveError('manifestMissing', {}), 'archive', files.name);
  const { text, problems } = await readNeeded(files, manifestPath, missing);
  if (text === undefined) return { problems, warnings: [] };
  const { specFile, handler, problems: ofManifest } = inspectManifest(text, file);
  const none: SpecReading = { problems: [], warnings: [], functions: [] };
  const spec = specFile === undefined ? none : await checkNamedSpec(files, specFile, options);
  const ofHandler =
    handler === undefined
      ? []
      : handler === null
        ? handlerMissing(spec.functions, file)
        : await checkHandler(files, handler, spec.functions);
  return { problems: [...ofManifest, ...spec.problems, ...ofHandler], warnings: spec.warnings };
}

const isSpecFile = (name: string): boolean => /\.ya?ml$/i.test(name);

async function validateSpecFile(name: string, { modelStore }: ValidationOptions): Promise<Validation> {
  const check = checkSpec(await readFile(name, 'utf8'), name);
  const models = modelStore === undefined ? [] : await checkModels(check, name, modelStore);
  return { problems: [...check.problems, ...models], warnings: check.warnings };
}

/**
 * Finds everything that is wrong with an archive, a folder that has the files of one, or a spec file alone.
 *
 * @throws CliError for a model store that cannot be read.
 */
export async function validateWorkflow(name: string, options: ValidationOptions): Promise<Validation> {
  const only = (problem: Problem): Validation => ({ problems: [problem], warnings: [] });
  if (!existsSync(name)) return only({ rule: 'archive', message: 'there is no such file or folder.', file: name });
  try {
    if (isSpecFile(name)) return await validateSpecFile(name, options);
    return await withArchive(name, (contents) => validateFiles(contents, options));
  } catch (error) {
    if (isTorchweaveError(error)) return only(problemOf(error, 'archive', name));
    if (isUnreadable(error)) {
      return only({ rule: 'archive', message: `it cannot be read (${String(error.code)}).`, file: name });
    }
    throw error;
  }
}

/** A fault of the file system. */
const isUnreadable = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error;
