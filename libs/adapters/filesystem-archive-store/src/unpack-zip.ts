import { TorchweaveError } from '@torchweave/domain';
import { isUtf8 } from 'node:buffer';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Entry } from 'yauzl';
import { refuseEntry, type EntryKind, type EntryNames } from './entry-names.js';
import type { InflationBudget } from './inflation-budget.js';
import { writeEntry } from './write-entry.js';
import { ZipArchive } from './zip-archive.js';

/** Unix keeps a file's type in the upper half of the external attributes; other systems leave it 0. */
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const folder = 0o040000;

const stored = 0;
const deflated = 8;

/** Names are UTF-8, flagged so or not; what is not can only be some old code page, and any reading of it does. */
function nameOf(entry: Entry): string {
  const name: unknown = entry.fileName;
  if (!Buffer.isBuffer(name)) return entry.fileName;
  return name.toString(isUtf8(name) ? 'utf8' : 'latin1');
}

function kindOf(entry: Entry, name: string): EntryKind {
  if (entry.isEncrypted()) refuseEntry(name, 'it is encrypted');
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    refuseEntry(name, `its compression method ${entry.compressionMethod} is not supported`);
  }
  const isNamedFolder = name.endsWith('/');
  const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
  if (type !== 0 && type !== regularFile && type !== folder) refuseEntry(name, 'it is a link or a device');
  if (type === folder && !isNamedFolder) refuseEntry(name, 'it is a folder with the name of a file');
  return isNamedFolder ? 'folder' : 'file';
}

async function* checkCrc(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  expected: number,
): AsyncGenerator<Uint8Array> {
  let actual = 0;
  for await (const chunk of chunks) {
    actual = crc32(chunk, actual);
    yield chunk;
  }
  if (actual === expected) return;
  throw new TorchweaveError('archiveUnreadable', { reason: `the checksum of its entry "${name}" is wrong` });
}

/**
 * Unpacks a zip into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault; what the zip reader and the file system throw.
 */
export async function unpackZip(path: string, into: string, names: EntryNames, budget: InflationBudget): Promise<void> {
  const zip = await ZipArchive.open(path);
  try {
    for await (const entry of zip.entries()) {
      const name = nameOf(entry);
      const kind = kindOf(entry, name);
      const target = names.accept(name, kind);
      if (kind === 'folder') await mkdir(join(into, target), { recursive: true });
      else await writeEntry(into, target, checkCrc(budget.meter(zip.contentOf(entry)), name, entry.crc32));
    }
  } finally {
    await zip.close();
  }
}
