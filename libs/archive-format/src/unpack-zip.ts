import { TorchweaveError } from '@torchweave/domain';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Entry } from 'yauzl';
import { refuseEntry, type EntryKind } from './entry-names.js';
import { textOf } from './tar-header.js';
import type { UnpackingLimits } from './unpack-tar.js';
import { writeEntry } from './write-entry.js';
import { ZipArchive } from './zip-archive.js';
import { assertPlainZip } from './zip-layout.js';

/** Unix keeps a file's type in the upper half of the external attributes; other systems leave it 0. */
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const folder = 0o040000;

const stored = 0;
const deflated = 8;

/** The bytes of a name, flagged as UTF-8 or not. */
function nameOf(entry: Entry): string {
  const name: unknown = entry.fileName;
  return Buffer.isBuffer(name) ? textOf(name) : entry.fileName;
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

async function assertPlain(path: string, { limits }: UnpackingLimits): Promise<void> {
  const file = await open(path, 'r');
  try {
    await assertPlainZip(file, (await file.stat()).size, limits);
  } finally {
    await file.close();
  }
}

/**
 * Unpacks a zip into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault; what the zip reader and the file system throw.
 */
export async function unpackZip(path: string, into: string, unpacking: UnpackingLimits): Promise<void> {
  await assertPlain(path, unpacking);
  const { names, budget, isWanted } = unpacking;
  const zip = await ZipArchive.open(path);
  try {
    for await (const entry of zip.entries()) {
      const name = nameOf(entry);
      const kind = kindOf(entry, name);
      const target = names.accept(name, kind);
      if (kind === 'folder') await mkdir(join(into, target), { recursive: true });
      else await writeEntry(into, target, checkCrc(budget.meter(zip.contentOf(entry)), name, entry.crc32), isWanted);
    }
  } finally {
    await zip.close();
  }
}
