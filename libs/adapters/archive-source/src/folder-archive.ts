import { defaultLimits, streamZip } from '@torchweave/archive-format';
import { manifestPath, TorchweaveError } from '@torchweave/domain';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { limitBytes } from './limit-bytes.js';
import type { ReadOptions } from './regular-file.js';

interface File {
  readonly path: string;
  readonly source: string;
}

interface Collecting {
  /** What the folder's own links may lead to. */
  readonly root: string;
  readonly options: ReadOptions;
  readonly files: File[];
  /** Files and folders that were looked at. */
  entries: number;
  bytes: number;
}

/** Neither is a part of a workflow: what Python and Kubernetes put beside its files. */
const isLeftOut = (name: string): boolean => name.startsWith('.') || name === '__pycache__';

/** Whether a folder is what `--archive-format no-archive` leaves: one with a manifest of its own. */
export async function isWorkflowFolder(path: string): Promise<boolean> {
  const manifest = await realpath(join(path, manifestPath)).catch(() => '');
  return manifest.startsWith(path + sep) && (await stat(manifest)).isFile();
}

/**
 * Packs a folder while it is read; its digest is that of its names and contents.
 *
 * @param root free of links: see `realpath`.
 * @throws TorchweaveError `archiveTooLarge`, `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function readFolderArchive(root: string, options: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
  const collecting: Collecting = { root, options, files: [], entries: 0, bytes: 0 };
  await collect(collecting, root, '');
  return limitBytes(streamZip(collecting.files), options.url, options.maxBytes);
}

async function collect(collecting: Collecting, folder: string, prefix: string): Promise<void> {
  const { options, files } = collecting;
  const { maxDepth, maxEntries } = defaultLimits;
  if (prefix.split('/').length - 1 > maxDepth) {
    throw new TorchweaveError('archiveLimitExceeded', { limit: 'depth', allowed: maxDepth });
  }
  for (const name of await readdir(folder)) {
    options.signal.throwIfAborted();
    if (isLeftOut(name)) continue;
    collecting.entries += 1;
    if (collecting.entries > maxEntries) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'entries', allowed: maxEntries });
    }
    const path = `${prefix}${name}`;
    const source = await followed(collecting.root, join(folder, name), path);
    const found = await lstat(source);
    if (found.isDirectory()) await collect(collecting, source, `${path}/`);
    else if (!found.isFile()) throw refused(path, 'it is neither a file nor a folder');
    else {
      collecting.bytes += found.size;
      if (collecting.bytes > options.maxBytes) {
        throw new TorchweaveError('archiveTooLarge', { url: options.url, limitBytes: options.maxBytes });
      }
      files.push({ path, source });
    }
  }
}

async function followed(root: string, path: string, entry: string): Promise<string> {
  if (!(await lstat(path)).isSymbolicLink()) return path;
  const target = await realpath(path).catch(() => '');
  if (target.startsWith(root + sep)) return target;
  throw refused(entry, 'it is a link that leads out of its folder, or to nothing');
}

const refused = (entry: string, reason: string): TorchweaveError =>
  new TorchweaveError('archiveEntryRefused', { entry, reason });
