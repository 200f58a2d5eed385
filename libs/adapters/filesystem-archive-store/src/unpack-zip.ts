import { TorchweaveError } from '@torchweave/domain';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { open, type Entry, type Options, type ZipFile } from 'yauzl';
import type { EntryNames } from './entry-names.js';
import type { InflationBudget } from './inflation-budget.js';
import { writeEntry } from './write-entry.js';

const openZip = promisify<string, Options, ZipFile>(open);

/** Of the upper half of a zip's external attributes, when a Unix system wrote it. */
const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const folder = 0o040000;
const unixSystem = 3;

function refuse(name: string, reason: string): never {
  throw new TorchweaveError('archiveEntryRefused', { entry: name, reason });
}

/** yauzl hands names on as bytes: our rules judge them, not its own. Names that are no UTF-8 are read as Latin-1. */
function nameOf(entry: Entry): string {
  const bytes: unknown = entry.fileName;
  if (!Buffer.isBuffer(bytes)) return entry.fileName;
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

function kindOf(entry: Entry, name: string): 'file' | 'folder' {
  if (entry.isEncrypted()) refuse(name, 'it is encrypted.');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    refuse(name, `its compression method ${entry.compressionMethod} is not supported.`);
  }
  const isNamedFolder = name.endsWith('/');
  if (entry.versionMadeBy >> 8 !== unixSystem) return isNamedFolder ? 'folder' : 'file';
  const type = (entry.externalFileAttributes >>> 16) & fileTypeMask;
  if (type !== 0 && type !== regularFile && type !== folder) refuse(name, 'it is a link or a device.');
  if (type === folder && !isNamedFolder) refuse(name, 'it is a folder named like a file.');
  return isNamedFolder ? 'folder' : 'file';
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  let wake: () => void = () => undefined;
  let next: { entry?: Entry; error?: Error; ended?: boolean } | undefined;
  const settle = (result: NonNullable<typeof next>): void => {
    next = result;
    wake();
  };
  zip.on('entry', (entry: Entry) => settle({ entry }));
  zip.on('end', () => settle({ ended: true }));
  zip.on('error', (error: Error) => settle({ error }));
  for (;;) {
    next = undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    zip.readEntry();
    await woken;
    const { entry, error } = next as unknown as { entry?: Entry; error?: Error };
    if (error !== undefined) throw error;
    if (entry === undefined) return;
    yield entry;
  }
}

/**
 * Unpacks a zip into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault, or what the file system throws.
 */
export async function unpackZip(file: string, into: string, names: EntryNames, budget: InflationBudget): Promise<void> {
  const zip = await openZip(file, {
    lazyEntries: true,
    autoClose: false,
    decodeStrings: false,
    validateEntrySizes: true,
  });
  const openStream = (entry: Entry): Promise<Readable> =>
    new Promise((resolve, reject) => zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream))));
  try {
    for await (const entry of entriesOf(zip)) {
      const written = nameOf(entry);
      const kind = kindOf(entry, written);
      const path = names.accept(written, kind);
      if (kind === 'folder') await mkdir(join(into, path), { recursive: true });
      else await writeEntry(into, path, await openStream(entry), { budget, crc: entry.crc32 });
    }
  } finally {
    zip.close();
  }
}
