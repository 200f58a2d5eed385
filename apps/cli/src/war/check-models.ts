import { isUrl, type SpecReview } from '@torchweave/domain';
import { readdir } from 'node:fs/promises';
import { CliError } from '../output/cli-error.js';
import type { Problem } from './problem.js';

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
export async function checkModels({ models }: SpecReview, file: string, modelStore: string): Promise<Problem[]> {
  const stored = await namesIn(modelStore);
  const missing = models.filter(({ url }) => !isUrl(url) && !stored.has(url));
  return missing.map(({ name, url, line, column }) => ({
    rule: 'model-store',
    message: `the model ${name} needs ${url}, which is not in the model store ${modelStore}.`,
    file,
    line,
    column,
  }));
}
