import {
  inspectManifest,
  isTorchweaveError,
  manifestPath,
  missingHandler,
  reviewSpec,
  TorchweaveError,
} from '@torchweave/domain';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { withArchive } from './archive-contents.js';
import { checkFunctions } from './check-functions.js';
import { checkModels } from './check-models.js';
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

/** What is wrong with a workflow, and what is taken and ignored. */
export interface Validation {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** The same, with the texts that places are in, by the names that problems give them. */
export interface SourcedValidation extends Validation {
  readonly sources: ReadonlyMap<string, string>;
}

interface SpecValidation extends Validation {
  readonly functions: readonly string[];
}

async function validateSpec(text: string, file: string, { modelStore }: ValidationOptions): Promise<SpecValidation> {
  const review = reviewSpec(text, file);
  const models = modelStore === undefined ? [] : await checkModels(review, file, modelStore);
  return { ...review, problems: [...review.problems, ...models] };
}

async function validateFiles(files: WorkflowFiles, options: ValidationOptions): Promise<SourcedValidation> {
  const sources = new Map<string, string>();
  const file = nameOfFile(files, manifestPath);
  const missing = problemOf(new TorchweaveError('manifestMissing', {}), 'archive', files.name);
  const { text, problems } = await readNeeded(files, manifestPath, missing);
  if (text === undefined) return { problems, warnings: [], sources };
  sources.set(file, text);
  const { specFile, handler, problems: ofManifest } = inspectManifest(text, file);
  const spec = specFile === undefined ? nothing : await validateNamedSpec(files, specFile, options, sources);
  const ofHandler =
    handler === undefined
      ? []
      : handler === null
        ? [missingHandler(spec.functions)].flatMap((fault) => (fault ? [problemOf(fault, 'handler', file)] : []))
        : await checkHandler(files, handler, spec.functions);
  return { problems: [...ofManifest, ...spec.problems, ...ofHandler], warnings: spec.warnings, sources };
}

const nothing: SpecValidation = { problems: [], warnings: [], functions: [] };

async function validateNamedSpec(
  files: WorkflowFiles,
  specFile: string,
  options: ValidationOptions,
  sources: Map<string, string>,
): Promise<SpecValidation> {
  const file = nameOfFile(files, specFile);
  const missing = problemOf(new TorchweaveError('specFileMissing', { file: specFile }), 'archive', file);
  const { text, problems } = await readNeeded(files, specFile, missing);
  if (text === undefined) return { ...nothing, problems };
  sources.set(file, text);
  return validateSpec(text, file, options);
}

const isSpecFile = (name: string): boolean => /\.ya?ml$/i.test(name);

async function validateSpecFile(name: string, options: ValidationOptions): Promise<SourcedValidation> {
  const text = await readFile(name, 'utf8');
  return { ...(await validateSpec(text, name, options)), sources: new Map([[name, text]]) };
}

/**
 * Finds everything that is wrong with an archive, a folder that has the files of one, or a spec file alone.
 *
 * @throws CliError for a model store that cannot be read.
 */
export async function validateWorkflow(name: string, options: ValidationOptions): Promise<SourcedValidation> {
  const only = (problem: Problem): SourcedValidation => ({ problems: [problem], warnings: [], sources: new Map() });
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
