import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../output/cli-error.js';
import { readText } from '@torchweave/archive-format';
import { checkProbe } from './check-probe.js';
import { checkFunctions } from './check-functions.js';
import type { ProblemsAndWarnings } from './problem.js';
import type { ValidationOptions } from './validate.js';
import { validateSpec } from './validate-spec.js';

async function readSource(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The file of ${flag} cannot be read: ${reason}`, { cause: error });
  }
}

export interface SourcesValidation extends ProblemsAndWarnings {
  /** Files that a probe needs, by their paths beside the spec file and in the archive. */
  readonly probeFiles: readonly string[];
}

/**
 * Finds everything that is wrong with the files that are to be packed, and with the models beside the spec.
 *
 * @param handler the path of the Python file, if there is one.
 * @throws CliError where a file or the model store cannot be read.
 */
export async function validateSources(
  specFile: string,
  handler: string | undefined,
  options: ValidationOptions,
): Promise<SourcesValidation> {
  const text = await readSource(specFile, '--spec-file');
  const { modelStore, python } = options;
  const search = { folders: [modelStore ?? dirname(specFile)], python, sources: new Map<string, string>() };
  const { problems: ofSpec, warnings, ...spec } = await validateSpec(text, specFile, options, search);
  const ofProbe = await checkProbe(spec.probe, specFile, (path) => readText(dirname(specFile), path));
  const problems = [...ofSpec, ...ofProbe];
  const probeFiles = spec.probe.map(({ path }) => path);
  if (handler !== undefined) {
    const source = await readSource(handler, '--handler');
    const ofHandler = await checkFunctions({ source, file: handler, ...spec }, python);
    return {
      problems: [...problems, ...ofHandler.problems],
      ...{ warnings: [...warnings, ...ofHandler.warnings], probeFiles },
    };
  }
  const { functions, dag } = spec;
  if (functions.length === 0) return { problems, warnings, probeFiles };
  const message = `these nodes are not under models and so are functions, which need --handler: ${functions.join(', ')}.`;
  return { problems: [...problems, { rule: 'handler', message, file: specFile, ...dag }], warnings, probeFiles };
}
