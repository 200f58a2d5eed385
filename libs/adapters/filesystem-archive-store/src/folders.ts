import { codeOf } from '@torchweave/kernel';
import { chmod, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Others may pass to what they know the name of, and not look around: functions that run as another user. */
export const passableFolder = 0o711;
export const writableFolder = 0o755;
export const readOnlyFolder = 0o555;
const readOnlyFile = 0o444;

/** True when something has that path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** ms since a file or folder was written or touched; undefined when it is not there. */
export async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Math.max(0, Date.now() - (await stat(path)).mtimeMs);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes all that is in a folder read-only. The folder itself stays writable: who is not root can rename it only so,
 * because its `..` is written then.
 */
export async function sealContent(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await sealContent(path);
    await chmod(path, entry.isDirectory() ? readOnlyFolder : readOnlyFile);
  }
}

/** Removes a file or a tree that may be read-only; one that is not there is no error. */
export async function removeTree(path: string): Promise<void> {
  if (await openFolders(path)) await rm(path, { recursive: true, force: true });
}

/** @returns false where nothing is there. */
async function openFolders(folder: string): Promise<boolean> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    await chmod(folder, writableFolder);
    for (const entry of entries) if (entry.isDirectory()) await openFolders(join(folder, entry.name));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    if (codeOf(error) === 'ENOTDIR') return true;
    throw error;
  }
}

/** Names of what is in a folder; none where it is not there. */
export async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
