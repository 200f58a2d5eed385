import { TorchweaveError } from '@torchweave/domain';
import { open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Opens a file of the workflow store: in the folder itself, not in a subfolder, not behind a link that leads out.
 *
 * @throws TorchweaveError `workflowStoreMissing`, `relativePath`, `workflowNotInStore`.
 */
export async function openStoreArchive(store: string | undefined, name: string): Promise<AsyncIterable<Uint8Array>> {
  if (name.includes('..')) throw new TorchweaveError('relativePath', { url: name });
  if (store === undefined) throw new TorchweaveError('workflowStoreMissing', {});
  const missing = (cause?: unknown): TorchweaveError => new TorchweaveError('workflowNotInStore', { url: name }, { cause });
  if (name === '' || name === '.' || /[/\\\0]/.test(name)) throw missing();
  try {
    const folder = await realpath(store);
    const path = await realpath(join(folder, name));
    if (path !== join(folder, name)) throw missing();
    return await readRegularFile(path);
  } catch (error) {
    throw missing(error);
  }
}

/** @throws what the file system throws, and EISDIR-like for anything but a regular file. */
export async function readRegularFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path, 'r');
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw new Error('not a regular file');
  }
  return file.createReadStream();
}
