import { defaultLimits, readText, unpack } from '@torchweave/archive-format';
import { isInsidePath } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
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

async function hashOf(name: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(name) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

async function withPacked<T>(name: string, use: (contents: ArchiveContents) => Promise<T>): Promise<T> {
  const temporary = await mkdtemp(join(tmpdir(), 'torchweave-archive-'));
  try {
    const packed = await hashOf(name);
    const directory = await unpack(name, temporary, defaultLimits);
    return await use({ name, directory, readText: (path) => readText(directory, path), packed });
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
  return use({ name, directory: name, readText: (path) => readText(name, path) });
}

/** Files that are read as texts; of the others their being there is of interest. */
const isText = (path: string): boolean => /\.(?:py|json)$/i.test(path);

/**
 * As {@link withArchive}, for whoever reads manifests and Python files alone. Of an archive that is packed the other files are empty: models may
 * be large.
 *
 * @throws what {@link withArchive} throws.
 */
export async function withTexts<T>(name: string, use: (contents: ArchiveContents) => Promise<T>): Promise<T> {
  if ((await stat(name).catch(() => undefined))?.isFile() !== true) return withArchive(name, use);
  const temporary = await mkdtemp(join(tmpdir(), 'torchweave-archive-'));
  try {
    const directory = await unpack(name, temporary, defaultLimits, isText);
    return await use({ name, directory, readText: (path) => readText(directory, path) });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
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

/** Whether a path of an archive's manifest leads to a file of it. */
export const hasFile = ({ directory }: ArchiveContents, path: string): boolean =>
  isInsidePath(path) && statSync(join(directory, path), { throwIfNoEntry: false })?.isFile() === true;
