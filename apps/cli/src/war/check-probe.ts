import { isTorchweaveError, jsonFault, type ProbeFile } from '@torchweave/domain';
import type { Problem } from './problem.js';

/** Reads a file of the archive, or of what is to be one; undefined where it is not there. */
type ReadText = (path: string) => Promise<string | undefined>;

/**
 * Finds what is wrong with the files that a spec names for its probe.
 *
 * @param specFile as problems name it.
 */
export async function checkProbe(
  files: readonly ProbeFile[],
  specFile: string,
  readText: ReadText,
): Promise<Problem[]> {
  const found = files.map(async ({ path, isJson, line, column }): Promise<Problem[]> => {
    const fault = await faultOf(path, isJson, readText);
    return fault === undefined ? [] : [{ rule: 'probe', message: fault, file: specFile, line, column }];
  });
  return (await Promise.all(found)).flat();
}

async function faultOf(path: string, isJson: boolean, readText: ReadText): Promise<string | undefined> {
  try {
    const text = await readText(path);
    if (text === undefined) return `the file ${path} of the probe is not there.`;
    return isJson && !isJsonText(text)
      ? `the file ${path} of the probe cannot be read: ${jsonFault(text)}.`
      : undefined;
  } catch (error) {
    if (!isTorchweaveError(error, 'archiveEntryRefused')) throw error;
    // Only what is compared has to be a text.
    return isJson ? `the file ${path} of the probe cannot be read: ${error.data.reason}.` : undefined;
  }
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
