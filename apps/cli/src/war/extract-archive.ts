import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from '../output/cli-error.js';
import { listEntries, withArchive } from './archive-contents.js';

/** Of what is extracted, whoever unpacked it and whatever the archive says: it is there to be edited. */
const fileMode = 0o644;

/**
 * Copies an archive's files into a folder, which is made. Nothing is written unless the whole archive is in order.
 *
 * @returns the paths of the files inside the archive.
 * @throws CliError for a folder that has something in it; TorchweaveError of the archive's fault.
 */
export async function extractArchive(name: string, folder: string): Promise<string[]> {
  return withArchive(name, async (contents) => {
    await assertEmpty(folder);
    const paths = (await listEntries(contents)).map(({ path }) => path);
    for (const path of paths) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(join(contents.directory, path), target);
      await chmod(target, fileMode);
    }
    return paths;
  });
}

async function assertEmpty(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) return;
  throw new CliError(`The folder ${folder} is not empty. Give another one with --to.`);
}
