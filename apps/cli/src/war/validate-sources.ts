import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../output/cli-error.js';
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
): Promise<ProblemsAndWarnings> {
  const text = await readSource(specFile, '--spec-file');
  const { modelStore, python } = options;
  const search = { folders: [modelStore ?? dirname(specFile)], python, sources: new Map<string, string>() };
  const { problems, warnings, ...spec } = await validateSpec(text, specFile, options, search);
  if (handler !== undefined) {
    const source = await readSource(handler, '--handler');
    const ofHandler = await checkFunctions({ source, file: handler, ...spec }, python);
    return { problems: [...problems, ...ofHandler.problems], warnings: [...warnings, ...ofHandler.warnings] };
  }
  const { functions, dag } = spec;
  if (functions.length === 0) return { problems, warnings };
  const message = `these nodes are not under models and so are functions, which need --handler: ${functions.join(', ')}.`;
  return { problems: [...problems, { rule: 'handler', message, file: specFile, ...dag }], warnings };
}
