import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const writableFolder = 0o755;
const writableFile = 0o644;

/**
 * Copies the files and folders of an unpacked archive, which may be read-only, into a new folder that may be written to.
 *
 * @throws what the file system throws.
 */
export async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: writableFolder });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    if (!entry.isFile()) continue;
    // Where the file system can, both share their blocks until one is written to.
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await chmod(target, writableFile);
  }
}
