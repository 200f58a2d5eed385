import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EntryNames } from './entry-names.js';
import { InflationBudget } from './inflation-budget.js';
import type { ArchiveLimits } from './limits.js';
import { unpackTar } from './unpack-tar.js';
import { unpackZip } from './unpack-zip.js';

type Format = 'zip' | 'gzipped tar';

/** The folders of the manifests of workflow and model archives. */
const manifestFolders = new Set(['WAR-INF', 'MAR-INF']);

/** The first bytes tell: TorchServe goes by the file's name and so takes a gzipped tar named `.war` for an empty zip. */
async function formatOf(path: string): Promise<Format> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead === 0) throw new TorchweaveError('archiveUnreadable', { reason: 'it is empty' });
    if (buffer.toString('latin1') === 'PK') return 'zip';
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzipped tar';
    throw new TorchweaveError('archiveUnreadable', { reason: 'it is neither a zip nor a gzipped tar' });
  } finally {
    await file.close();
  }
}

/** A fault of the file system names its system call; anything else that readers throw is the archive's fault, in their words. */
function asArchiveError(error: unknown, format: Format): unknown {
  if (isTorchweaveError(error) || !(error instanceof Error) || 'syscall' in error) return error;
  const reason = `the ${format} is truncated, corrupt or has bytes behind its end`;
  return new TorchweaveError('archiveUnreadable', { reason }, { cause: error });
}

/** The archivers' tars hold everything in one folder of the archive's name; what is in it is the archive. */
async function contentOf(folder: string): Promise<string> {
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  if (only === undefined || others.length > 0 || !only.isDirectory() || manifestFolders.has(only.name)) return folder;
  const inner = join(folder, only.name);
  return (await readdir(inner)).some((name) => manifestFolders.has(name)) ? inner : folder;
}

/** Unpacks an archive, here or in another process. */
export type Unpack = (path: string, into: string, limits: ArchiveLimits) => Promise<string>;

/**
 * Unpacks a zip or gzipped tar into an empty folder.
 *
 * @param isWanted by its path in the archive; a file that is not is checked like all others, and written empty.
 * @returns the folder with the archive's content: `into`, or the only folder in it.
 * @throws TorchweaveError `archiveUnreadable`, `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function unpack(
  path: string,
  into: string,
  limits: ArchiveLimits,
  isWanted?: (path: string) => boolean,
): Promise<string> {
  const format = await formatOf(path);
  const budget = new InflationBudget(limits, (await stat(path)).size);
  const unpacking = { names: new EntryNames(limits), budget, limits, isWanted };
  try {
    if (format === 'zip') await unpackZip(path, into, unpacking);
    else await unpackTar(path, into, unpacking);
  } catch (error) {
    throw asArchiveError(error, format);
  }
  return format === 'zip' ? into : contentOf(into);
}
