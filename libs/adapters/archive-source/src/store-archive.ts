import { TorchweaveError } from '@torchweave/domain';
import { realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isRelative } from './archive-url.js';
import { codeOf, NotRegularFileError, readRegularFile, type ReadOptions } from './regular-file.js';

/** Codes by which the file system says that the store has no file of that name for us. */
const notThere = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'ENXIO']);

/**
 * Opens a file of the workflow store: in the folder itself, not in a subfolder, not behind a link that leads out.
 *
 * @throws TorchweaveError `workflowStoreMissing`, `relativePath`, `workflowNotInStore`, `archiveTooLarge`.
 */
export async function openStoreArchive(
  store: string | undefined,
  options: ReadOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { url: name } = options;
  if (store === undefined) throw new TorchweaveError('workflowStoreMissing', {});
  if (isRelative(name)) throw new TorchweaveError('relativePath', { url: name });
  const missing = (cause?: unknown): TorchweaveError =>
    new TorchweaveError('workflowNotInStore', { url: name }, { cause });
  if (name === '' || name === '.' || /[/\\\0]/.test(name)) throw missing();
  try {
    const folder = await realpath(store);
    // A link inside the store is fine: Kubernetes mounts files as such.
    const path = await realpath(join(folder, name));
    if (!path.startsWith(folder + sep)) throw missing();
    return await readRegularFile(path, options);
  } catch (error) {
    throw error instanceof NotRegularFileError || notThere.has(codeOf(error)) ? missing(error) : error;
  }
}
