import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const writableFolder = 0o700;

/**
 * Removes a tree that code of an archive could write to: its folders may be read-only by now. One that is not there is no
 * error.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !['EACCES', 'EPERM'].includes(String(error.code)))
      throw error;
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Depth first, one folder after the other; a link is left as it is. */
async function openFolders(root: string): Promise<void> {
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    await chmod(folder, writableFolder);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
    }
  }
}
