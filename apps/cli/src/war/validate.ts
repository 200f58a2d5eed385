import { inspectManifest, isTorchweaveError, manifestPath, missingHandler, TorchweaveError } from '@torchweave/domain';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withArchive } from './archive-contents.js';
import { checkProbe } from './check-probe.js';
import { checkFunctions } from './check-functions.js';
import type { ModelSearch } from './check-model-archives.js';
import { problemOf, type Problem, type ProblemsAndWarnings } from './problem.js';
import type { PythonChecker, SourceCheck } from './python-checker.js';
import { validateSpec, type SpecValidation } from './validate-spec.js';
import { nameOfFile, type WorkflowFiles } from './workflow-files.js';

export interface ValidationOptions {
  /** The folder that must hold the model archives; they are not looked for without it. */
  readonly modelStore?: string | undefined;
  /** Compiles the Python; without it names are looked for in the text alone. */
  readonly python?: PythonChecker | undefined;
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

/** A handler that is no text here, for it may be in any encoding that Python reads, is left alone. */
async function checkHandler(
  files: WorkflowFiles,
  handler: string,
  spec: SpecValidation,
  { python, sources }: SourceCheck,
): Promise<ProblemsAndWarnings> {
  const file = nameOfFile(files, handler);
  try {
    const source = await files.readText(handler);
    if (source !== undefined) {
      sources.set(file, source);
      return await checkFunctions({ source, file, ...spec }, python);
    }
    const message = `The handler file ${handler}, named in ${manifestPath}, is not in the archive.`;
    return { problems: [{ rule: 'handler', message, file }], warnings: [] };
  } catch (error) {
    if (!isTorchweaveError(error)) throw error;
    return { problems: [], warnings: [] };
  }
}

/** The same, with the texts that places are in, by the names that problems give them. */
export interface SourcedValidation extends ProblemsAndWarnings {
  readonly sources: ReadonlyMap<string, string>;
}

async function validateFiles(
  files: WorkflowFiles,
  options: ValidationOptions,
  search: ModelSearch,
): Promise<ProblemsAndWarnings> {
  const { sources } = search;
  const file = nameOfFile(files, manifestPath);
  const missing = problemOf(new TorchweaveError('manifestMissing', {}), 'archive', files.name);
  const { text, problems } = await readNeeded(files, manifestPath, missing);
  if (text === undefined) return { problems, warnings: [] };
  sources.set(file, text);
  const { specFile, handler, problems: ofManifest } = inspectManifest(text, file);
  const spec = specFile === undefined ? nothing : await validateNamedSpec(files, specFile, options, search);
  const ofHandler =
    handler === undefined
      ? nothing
      : handler === null
        ? { problems: withoutHandler(spec.functions, file), warnings: [] }
        : await checkHandler(files, handler, spec, search);
  return {
    problems: [...ofManifest, ...spec.problems, ...ofHandler.problems],
    warnings: [...spec.warnings, ...ofHandler.warnings],
  };
}

function withoutHandler(functions: readonly string[], file: string): Problem[] {
  const fault = missingHandler(functions);
  return fault === undefined ? [] : [problemOf(fault, 'handler', file)];
}

const nothing: SpecValidation = { problems: [], warnings: [], functions: [], areAllFunctions: false, probe: [] };

async function validateNamedSpec(
  files: WorkflowFiles,
  specFile: string,
  options: ValidationOptions,
  search: ModelSearch,
): Promise<SpecValidation> {
  const file = nameOfFile(files, specFile);
  const missing = problemOf(new TorchweaveError('specFileMissing', { file: specFile }), 'archive', file);
  const { text, problems } = await readNeeded(files, specFile, missing);
  if (text === undefined) return { ...nothing, problems };
  const spec = await validateSpec(text, file, options, search);
  const ofProbe = await checkProbe(spec.probe, file, (path) => files.readText(path));
  return { ...spec, problems: [...spec.problems, ...ofProbe] };
}

const isSpecFile = (name: string): boolean => /\.ya?ml$/i.test(name);

async function validateNamed(
  name: string,
  options: ValidationOptions,
  search: ModelSearch,
): Promise<ProblemsAndWarnings> {
  if (isSpecFile(name)) return validateSpec(await readFile(name, 'utf8'), name, options, search);
  return withArchive(name, (contents) => validateFiles(contents, options, search));
}

/**
 * Finds everything that is wrong with an archive, a folder that has the files of one, or a spec file alone, and with the models
 * beside it.
 *
 * @throws CliError for a model store that cannot be read.
 */
export async function validateWorkflow(name: string, options: ValidationOptions): Promise<SourcedValidation> {
  const sources = new Map<string, string>();
  const only = (problem: Problem): SourcedValidation => ({ problems: [problem], warnings: [], sources });
  if (!existsSync(name)) return only({ rule: 'archive', message: 'there is no such file or folder.', file: name });
  try {
    const search = { folders: modelFolders(name, options), python: options.python, sources };
    return { ...(await validateNamed(name, options, search)), sources };
  } catch (error) {
    if (isTorchweaveError(error)) return only(problemOf(error, 'archive', name));
    if (isUnreadable(error)) {
      return only({ rule: 'archive', message: `it cannot be read (${String(error.code)}).`, file: name });
    }
    throw error;
  }
}

/** Without a model store, in the folder that is checked and beside it. */
function modelFolders(name: string, { modelStore }: ValidationOptions): string[] {
  if (modelStore !== undefined) return [modelStore];
  return statSync(name).isDirectory() ? [name, dirname(name)] : [dirname(name)];
}

/** A fault of the file system. */
const isUnreadable = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'syscall' in error;
