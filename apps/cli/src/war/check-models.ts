import { readdir } from 'node:fs/promises';
import { CliError } from '../output/cli-error.js';
import type { SpecCheck } from './check-spec.js';
import type { Problem } from './problem.js';

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

async function namesIn(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    throw new CliError(`The folder of --model-store cannot be read: ${folder}`, { cause: error });
  }
}

/**
 * Finds the models whose archive is not in the model store. URLs are left alone.
 *
 * @throws CliError where there is no such folder.
 */
export async function checkModels(check: SpecCheck, file: string, modelStore: string): Promise<Problem[]> {
  const stored = await namesIn(modelStore);
  const missing = (check.spec?.models ?? []).filter(({ url }) => !isUrl(url) && !stored.has(url));
  return missing.map(({ name, url }) => ({
    rule: 'model-store',
    message: `the model ${name} needs ${url}, which is not in the model store ${modelStore}.`,
    file,
    ...check.places.modelUrl(name),
  }));
}
