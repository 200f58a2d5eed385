import { TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { isRelative } from './archive-url.js';
import { isWorkflowFolder, readFolderArchive } from './folder-archive.js';
import { NotRegularFileError, readRegularFile, type ReadOptions } from './regular-file.js';

/** Codes by which the file system says that the store has no file of that name for us. */
const notThere = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'ENXIO']);

/**
 * The name of a file in the store, however it is given: by itself, as `./name` or `/name`, or by a path of the store's folder.
 * No path is looked at for that; whatever it is, the file is looked for in the store alone.
 */
function nameInStore(given: string, folders: readonly string[]): string | undefined {
  if (/[\\\0]/.test(given)) return undefined;
  const name = given.slice(given.lastIndexOf('/') + 1);
  if (name === '' || name === '.') return undefined;
  const isPlain = /^(?:(?:\.\/+)*|\/+)[^/]+$/.test(given);
  return isPlain || folders.includes(dirname(resolve(given))) ? name : undefined;
}

/**
 * Opens a file of the workflow store: in the folder itself, not in a subfolder, not behind a link that leads out. A folder that
 * the archivers have written with `--archive-format no-archive` is read as the archive that it would be.
 *
 * @throws TorchweaveError `workflowStoreMissing`, `relativePath`, `workflowNotInStore`, `archiveTooLarge`; of a folder those of
 * {@link readFolderArchive}.
 */
export async function openStoreArchive(
  store: string | undefined,
  options: ReadOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { url } = options;
  if (store === undefined) throw new TorchweaveError('workflowStoreMissing', {});
  if (isRelative(url)) throw new TorchweaveError('relativePath', { url });
  const missing = (cause?: unknown): TorchweaveError => new TorchweaveError('workflowNotInStore', { url }, { cause });
  try {
    const folder = await realpath(store);
    const name = nameInStore(url, [resolve(store), folder]);
    if (name === undefined) throw missing();
    // A link inside the store is fine: Kubernetes mounts files as such.
    const path = await realpath(join(folder, name));
    if (!path.startsWith(folder + sep)) throw missing();
    return await ((await isWorkflowFolder(path)) ? readFolderArchive(path, options) : readRegularFile(path, options));
  } catch (error) {
    throw error instanceof NotRegularFileError || notThere.has(codeOf(error)) ? missing(error) : error;
  }
}
