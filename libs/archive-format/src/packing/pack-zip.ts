import { createWriteStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { writeAtomically } from './atomic-file.js';
import { entryTime, sortEntries, zipMode, type PackEntry } from './pack-entry.js';

function zipOf(entries: readonly PackEntry[], mtime: Date): ZipFile {
  // Without the second time stamp that yazl would write: it has a zone, so it differs from machine to machine.
  const attributes = { mtime, mode: zipMode, forceDosTimestamp: true };
  const zip = new ZipFile();
  for (const { path: name, source } of entries) {
    if (typeof source === 'string') zip.addFile(source, name, attributes);
    else zip.addBuffer(source, name, attributes);
  }
  zip.end();
  return zip;
}

async function writeZip(entries: readonly PackEntry[], path: string, mtime: Date): Promise<void> {
  const zip = zipOf(entries, mtime);
  const failure = new AbortController();
  zip.on('error', (error) => failure.abort(error));
  try {
    await pipeline(zip.outputStream, createWriteStream(path), { signal: failure.signal });
  } catch (error) {
    throw failure.signal.aborted ? failure.signal.reason : error;
  }
}

/**
 * Gives the bytes that {@link packZip} would write.
 *
 * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`; in the middle what the file system throws.
 */
export async function* streamZip(entries: readonly PackEntry[]): AsyncGenerator<Uint8Array> {
  const zip = zipOf(sortEntries(entries), entryTime(undefined));
  const content = new PassThrough();
  zip.on('error', (error) => content.destroy(error as Error));
  zip.outputStream.pipe(content);
  try {
    yield* content as AsyncIterable<Uint8Array>;
  } finally {
    // Whoever reads no further leaves a file open in the middle: read to its end, it is closed.
    zip.outputStream.unpipe(content).resume();
  }
}

/**
 * Packs a zip of any size, as a stream. An existing file is replaced. The same entries give the same bytes.
 *
 * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`; what the file system throws.
 */
export async function packZip(entries: readonly PackEntry[], destination: string, sourceDate?: Date): Promise<void> {
  const sorted = sortEntries(entries);
  await writeAtomically(destination, (path) => writeZip(sorted, path, entryTime(sourceDate)));
}
