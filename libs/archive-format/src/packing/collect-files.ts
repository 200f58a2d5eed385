import { TorchweaveError } from '@torchweave/domain';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PackEntry } from './pack-entry.js';

/** Folders that the archivers of TorchServe leave out, beside those with a leading dot. */
const unwantedFolders = new Set(['__MACOSX', '__pycache__']);

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true) return 'file';
  return stats?.isDirectory() === true ? 'folder' : undefined;
}

/**
 * A single file, which lies at the top of an archive under its own name.
 *
 * @param flag the flag that errors name.
 * @throws TorchweaveError `configurationInvalid`.
 */
export async function collectFile(path: string, flag: string): Promise<PackEntry> {
  if ((await kindOf(path)) === 'file') return { path: basename(path), source: path };
  throw new TorchweaveError('configurationInvalid', { setting: flag, value: path, rule: 'an existing file' });
}

async function collectFolder(folder: string, prefix: string): Promise<PackEntry[]> {
  const entries: PackEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [source, path] = [join(folder, entry.name), `${prefix}${entry.name}`];
    if (entry.isDirectory()) {
      if (unwantedFolders.has(entry.name) || entry.name.startsWith('.')) continue;
      entries.push(...(await collectFolder(source, `${path}/`)));
    } else if ((await kindOf(source)) === 'file') entries.push({ path, source });
    else {
      const rule = 'files and folders of files, without links to folders, pipes or devices';
      throw new TorchweaveError('configurationInvalid', { setting: '--extra-files', value: source, rule });
    }
  }
  return entries;
}

/**
 * The files of `--extra-files`: paths separated by commas. Files lie at the top of an archive, and so does what is in a
 * folder.
 *
 * @throws TorchweaveError `configurationInvalid`.
 */
export async function collectExtraFiles(list: string): Promise<PackEntry[]> {
  const paths = list.split(',').map((path) => path.trim());
  const entries: PackEntry[] = [];
  for (const path of paths.filter((path) => path !== '')) {
    const kind = await kindOf(path);
    if (kind === undefined) {
      const rule = 'existing files and folders, separated by commas';
      throw new TorchweaveError('configurationInvalid', { setting: '--extra-files', value: path, rule });
    }
    entries.push(...(kind === 'folder' ? await collectFolder(path, '') : [{ path: basename(path), source: path }]));
  }
  return entries;
}
