import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { open, stat } from 'node:fs/promises';
import { EntryNames } from './entry-names.js';
import { InflationBudget } from './inflation-budget.js';
import type { ArchiveLimits } from './limits.js';
import { unpackTar } from './unpack-tar.js';
import { unpackZip } from './unpack-zip.js';

type Format = 'zip' | 'tar.gz';

/** Told by the first bytes: names lie. */
async function formatOf(path: string): Promise<Format> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0) throw new TorchweaveError('archiveUnreadable', { reason: 'it is empty.' });
    if (buffer.toString('latin1', 0, 2) === 'PK') return 'zip';
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'tar.gz';
    throw new TorchweaveError('archiveUnreadable', { reason: 'it is neither a zip nor a gzipped tar.' });
  } finally {
    await file.close();
  }
}

/** Codes by which the file system, and not the archive, is at fault. */
const fileSystemCodes = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EMFILE', 'ENFILE', 'EIO', 'EPERM']);

function toArchiveError(error: unknown, format: Format): unknown {
  if (isTorchweaveError(error) || !(error instanceof Error)) return error;
  if ('code' in error && fileSystemCodes.has(String(error.code))) return error;
  const reason = `the ${format} is truncated or corrupt: ${error.message}.`;
  return new TorchweaveError('archiveUnreadable', { reason }, { cause: error });
}

/**
 * Unpacks a zip or gzipped tar into an empty folder.
 *
 * @throws TorchweaveError `archiveUnreadable`, `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function unpack(path: string, into: string, limits: ArchiveLimits): Promise<void> {
  const format = await formatOf(path);
  const names = new EntryNames(limits);
  const budget = new InflationBudget(limits, (await stat(path)).size);
  try {
    await (format === 'zip' ? unpackZip : unpackTar)(path, into, names, budget);
  } catch (error) {
    throw toArchiveError(error, format);
  }
}
