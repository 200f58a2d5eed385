import { isTorchweaveError, TorchweaveError, toTorchweaveError } from '@torchweave/domain';
import { codeOf, isOutOfFiles } from '@torchweave/kernel';
import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArchiveUrl } from './archive-url.js';
import { NotRegularFileError, readRegularFile, type ReadOptions } from './regular-file.js';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the file may not be read',
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  ERR_INVALID_FILE_URL_HOST: 'it names another host',
};

function reasonOf(error: unknown): string {
  if (error instanceof NotRegularFileError) return 'it is not a regular file';
  return reasons[codeOf(error)] ?? 'the file cannot be opened';
}

/**
 * Opens a `file://` URL of this machine.
 *
 * @throws TorchweaveError `downloadFailed`, `archiveTooLarge`.
 */
export async function openFileArchive(options: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
  const { url } = options;
  try {
    return await readRegularFile(await realpath(fileURLToPath(parseArchiveUrl(url, url))), options);
  } catch (error) {
    if (isTorchweaveError(error) || isOutOfFiles(error)) throw toTorchweaveError(error);
    throw new TorchweaveError('downloadFailed', { url, reason: reasonOf(error) }, { cause: error });
  }
}
