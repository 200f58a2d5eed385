import JSZip from 'jszip';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { writeAtomically } from './atomic-file.js';
import { entryTime, sortEntries, zipMode, type PackEntry } from './pack-entry.js';
import { packZip } from './pack-zip.js';

/** bytes of all entries: what a workflow has is far less, and jszip holds it and the archive in memory. */
const mostInMemory = 64 * 1024 ** 2;

const sizeOf = async ({ source }: PackEntry): Promise<number> =>
  typeof source === 'string' ? (await stat(source)).size : source.length;

async function isSmall(entries: readonly PackEntry[]): Promise<boolean> {
  let left = mostInMemory;
  for (const entry of entries) {
    left -= await sizeOf(entry);
    if (left < 0) return false;
  }
  return true;
}

/**
 * Packs a zip of what is small by nature, as a workflow is; what is not is left to {@link packZip}. An existing file is replaced. The same
 * entries give the same bytes.
 *
 * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function packSmallZip(
  entries: readonly PackEntry[],
  destination: string,
  sourceDate?: Date,
): Promise<void> {
  if (!(await isSmall(entries))) return packZip(entries, destination, sourceDate);
  const zip = new JSZip();
  const attributes = { date: entryTime(sourceDate), unixPermissions: zipMode, createFolders: false };
  for (const { path, source } of sortEntries(entries)) {
    zip.file(path, typeof source === 'string' ? await readFile(source) : source, attributes);
  }
  const bytes = await zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE', platform: 'UNIX' });
  await writeAtomically(destination, (path) => writeFile(path, bytes));
}
