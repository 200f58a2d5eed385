import type { PackEntry } from '@torchweave/archive-format';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../output/cli-error.js';

/** Files and folders together: a folder of one workflow has a few. */
const most = 2_000;

const unwantedFolders = new Set(['__pycache__', '__MACOSX', 'node_modules', 'venv']);
/** What editors leave beside a file while they write it, compiled Python, and what is packed already. */
const unwantedFiles = /~$|^#.*#$|^4913$|\.(?:pyc|pyo|swp|swx|tmp|war|mar)$/;

/** What lies in a folder and below, but for what nobody has written: hidden files, caches, leftovers of editors, archives. */
export interface FolderFiles {
  /** By their path below the folder. */
  readonly files: readonly PackEntry[];
  /** The folder itself and all below it. */
  readonly folders: readonly string[];
}

/** Whether a change of a file of this name means anything. */
export const isWanted = (name: string): boolean => !name.startsWith('.') && !unwantedFiles.test(name);

const isWantedFolder = (name: string): boolean => !name.startsWith('.') && !unwantedFolders.has(name);

/**
 * Lists the files of a folder.
 *
 * @param skips true for a path below it that is passed over with all that it has.
 * @throws CliError for one that cannot be read, and for more files and folders than 2,000.
 */
export async function listFolder(folder: string, skips: (path: string) => boolean = () => false): Promise<FolderFiles> {
  const files: PackEntry[] = [];
  const folders: string[] = [folder];
  const visit = async (directory: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const [source, path] = [join(directory, entry.name), prefix + entry.name];
      if (skips(path)) continue;
      if (entry.isDirectory()) {
        if (!isWantedFolder(entry.name)) continue;
        folders.push(source);
        await visit(source, `${path}/`);
      } else if (isWanted(entry.name) && (await isFile(source))) files.push({ path, source });
      if (files.length + folders.length > most) throw tooMany(folder);
    }
  };
  await visit(folder, '').catch((error: unknown) => {
    if (error instanceof CliError) throw error;
    throw unreadable(folder, error);
  });
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), folders };
}

/** A link to a file is one, too. */
const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() === true;

const tooMany = (folder: string): CliError =>
  new CliError(`${folder} has more than ${most} files and folders. Give the folder of one workflow alone.`);

function unreadable(folder: string, error: unknown): CliError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new CliError(`The folder ${folder} cannot be read (${reason}).`, { cause: error });
}
