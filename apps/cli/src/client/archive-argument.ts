import { codeOf } from '@torchweave/kernel';
import { open } from 'node:fs/promises';
import { CliError } from '../output/cli-error.js';

/** What is registered: an archive that the server finds itself, a file of the workflow store or a URL, or the bytes of one. */
export type RegisteredArchive =
  { readonly url: string } | { readonly content: AsyncIterable<Uint8Array>; close(): Promise<void> };

/** Codes by which the file system says that there is no such file. */
const notThere = new Set(['ENOENT', 'ENOTDIR']);

/**
 * The archive that an argument means: the file at a path that is here; anything else is what the server makes of it, also a plain
 * name, for that is a file of the workflow store. The server need not see the files of this machine.
 *
 * @throws CliError for a file that cannot be read.
 */
export async function openArchive(argument: string): Promise<RegisteredArchive> {
  const isPath = /[/\\]/.test(argument) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(argument);
  if (!isPath) return { url: argument };
  try {
    const file = await open(argument);
    if ((await file.stat()).isFile()) {
      // Read from its beginning each time that it is sent.
      const content = {
        [Symbol.asyncIterator]: () => file.createReadStream({ autoClose: false, start: 0 }).iterator(),
      };
      return { content, close: () => file.close() };
    }
    await file.close();
    return { url: argument };
  } catch (error) {
    if (notThere.has(codeOf(error))) return { url: argument };
    throw new CliError(`The archive ${argument} cannot be read (${codeOf(error)}).`, { cause: error });
  }
}
