import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { refuseEntry, type EntryKind, type EntryNames } from './entry-names.js';
import type { InflationBudget } from './inflation-budget.js';
import { writeEntry } from './write-entry.js';

const kinds: Partial<Record<Header['type'], EntryKind>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
};

/** A tar of a folder's content names its entries `./a/b`, and the folder itself `./`. */
const withoutDot = (name: string): string => name.replace(/^\.\//, '');

/**
 * Unpacks a gzipped tar into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault; what the tar reader and the file system throw.
 */
export async function unpackTar(path: string, into: string, names: EntryNames, budget: InflationBudget): Promise<void> {
  const tar = extract();
  const feeding = pipeline(createReadStream(path), createGunzip(), (inflated) => budget.meter(inflated), tar);
  // A fault of the feed ends the loop, which tells it.
  feeding.catch(() => undefined);
  for await (const entry of tar) {
    const name = withoutDot(entry.header.name);
    const kind = kinds[entry.header.type];
    if (kind === undefined) refuseEntry(name, 'it is a link, a device or of an unknown type');
    const isRoot = kind === 'folder' && (name === '' || name === '.');
    const target = isRoot ? '' : names.accept(name, kind);
    if (kind === 'folder') {
      await mkdir(join(into, target), { recursive: true });
      entry.resume();
    } else await writeEntry(into, target, entry as AsyncIterable<Uint8Array>);
  }
  await feeding;
}
