import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { writeAtomically } from './atomic-file.js';
import { entryMode, entryTime, sortEntries, type PackEntry } from './pack-entry.js';

async function addEntry(tar: Pack, { path, source }: PackEntry, mtime: Date): Promise<void> {
  const header = { name: path, mode: entryMode, mtime };
  if (typeof source === 'string') {
    const { size } = await stat(source);
    await pipeline(createReadStream(source), tar.entry({ ...header, size }));
    return;
  }
  await new Promise<void>((resolve, reject) => {
    tar.entry({ ...header, size: source.length }, source, (error) => (error ? reject(error) : resolve()));
  });
}

async function addAll(tar: Pack, entries: readonly PackEntry[], mtime: Date): Promise<void> {
  try {
    for (const entry of entries) await addEntry(tar, entry, mtime);
    tar.finalize();
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

/**
 * Packs a gzipped tar. An existing file is replaced. The same entries give the same bytes.
 *
 * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function packTarGz(entries: readonly PackEntry[], destination: string, sourceDate?: Date): Promise<void> {
  const sorted = sortEntries(entries);
  await writeAtomically(destination, async (path) => {
    const tar = pack();
    const writing = pipeline(tar, createGzip(), createWriteStream(path));
    const [added, written] = await Promise.allSettled([addAll(tar, sorted, entryTime(sourceDate)), writing]);
    for (const result of [added, written]) if (result.status === 'rejected') throw result.reason;
  });
}
