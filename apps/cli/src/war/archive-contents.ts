import { silentLogger } from '@torchweave/application';
import { isInsidePath, TorchweaveError } from '@torchweave/domain';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { CliError } from '../output/cli-error.js';
import type { WorkflowFiles } from './workflow-files.js';

/** An archive, or a folder that has the files of one. */
export interface ArchiveContents extends WorkflowFiles {
  /** The folder that has the files. */
  readonly directory: string;
  /** Of the packed file; absent for a folder. */
  readonly packed?: { readonly sha256: string; readonly bytes: number };
}

export interface ArchiveEntry {
  readonly path: string;
  /** Inflated. */
  readonly bytes: number;
}

/** bytes: what the archive store takes for a small text. */
const maxTextBytes = 1_048_576;

async function readFolderText(directory: string, path: string): Promise<string | undefined> {
  if (!isInsidePath(path)) return undefined;
  const file = join(directory, path);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > maxTextBytes) {
    throw new TorchweaveError('archiveEntryRefused', { entry: path, reason: `it has more than ${maxTextBytes} bytes` });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new TorchweaveError('archiveEntryRefused', { entry: path, reason: 'it is not UTF-8 text' }, { cause: error });
  }
}

async function withPacked<T>(name: string, use: (contents: ArchiveContents) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), 'torchweave-archive-'));
  const store = new FilesystemArchiveStore({ directory: temporary, logger: silentLogger });
  try {
    const { digest, bytes } = await store.put(createReadStream(name));
    try {
      const { directory, readText } = await store.open(digest);
      return await use({ name, directory, readText, packed: { sha256: digest, bytes } });
    } finally {
      await store.remove(digest);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Opens an archive, packed or not, for as long as `use` takes. A packed one is checked as the server checks it.
 *
 * @throws CliError where there is no such file; TorchweaveError of the archive's fault.
 */
export async function withArchive<T>(name: string, use: (contents: ArchiveContents) => Promise<T>): Promise<T> {
  const found = await stat(name).catch(() => undefined);
  if (found === undefined) throw new CliError(`There is no file or folder ${name}.`);
  if (!found.isDirectory()) return withPacked(name, use);
  return use({ name, directory: name, readText: (path) => readFolderText(name, path) });
}

/** The files of an archive by path. */
export async function listEntries({ directory }: ArchiveContents): Promise<ArchiveEntry[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const measured = files.map(async (file) => {
    const path = relative(directory, file).split(sep).join('/');
    return { path, bytes: (await stat(file)).size };
  });
  return (await Promise.all(measured)).sort((a, b) => (a.path < b.path ? -1 : 1));
}
