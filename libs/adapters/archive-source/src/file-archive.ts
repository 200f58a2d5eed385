import { TorchweaveError } from '@torchweave/domain';
import { fileURLToPath } from 'node:url';
import { readRegularFile } from './store-archive.js';

/**
 * Opens a `file://` URL of this machine.
 *
 * @throws TorchweaveError `relativePath`, `downloadFailed`.
 */
export async function openFileArchive(url: string): Promise<AsyncIterable<Uint8Array>> {
  if (url.includes('..')) throw new TorchweaveError('relativePath', { url });
  try {
    return await readRegularFile(fileURLToPath(url));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'it is not a regular file';
    throw new TorchweaveError('downloadFailed', { url, reason: reasons[code] ?? code }, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file may not be read',
  EISDIR: 'it is a folder',
  ERR_INVALID_FILE_URL_HOST: 'it names another host',
};
