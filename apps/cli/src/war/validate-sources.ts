import { reviewSpec } from '@torchweave/domain';
import { readFile } from 'node:fs/promises';
import { CliError } from '../output/cli-error.js';
import { checkFunctions } from './check-functions.js';
import type { Validation } from './validate.js';

async function readSource(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The file of ${flag} cannot be read: ${reason}`, { cause: error });
  }
}

/**
 * Finds everything that is wrong with the files that are to be packed.
 *
 * @param handler the path of the Python file, if there is one.
 * @throws CliError where a file cannot be read.
 */
export async function validateSources(specFile: string, handler: string | undefined): Promise<Validation> {
  const { problems, warnings, functions, dag } = reviewSpec(await readSource(specFile, '--spec-file'), specFile);
  if (handler !== undefined) {
    const source = await readSource(handler, '--handler');
    return { problems: [...problems, ...checkFunctions(functions, source, handler)], warnings };
  }
  if (functions.length === 0) return { problems, warnings };
  const message = `these nodes are not under models and so are functions, which need --handler: ${functions.join(', ')}.`;
  return { problems: [...problems, { rule: 'handler', message, file: specFile, ...dag }], warnings };
}
