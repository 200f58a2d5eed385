import { TorchweaveError } from '@torchweave/domain';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import type { EntryNames } from './entry-names.js';
import type { InflationBudget } from './inflation-budget.js';
import { writeEntry } from './write-entry.js';

function kindOf({ name, type }: Header): 'file' | 'folder' {
  if (type === 'directory') return 'folder';
  if (type === 'file' || type === 'contiguous-file') return 'file';
  throw new TorchweaveError('archiveEntryRefused', { entry: name, reason: 'it is a link or a device.' });
}

/**
 * Unpacks a gzipped tar into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault, or what the file system throws.
 */
export async function unpackTar(path: string, into: string, names: EntryNames, budget: InflationBudget): Promise<void> {
  const tar = extract();
  const feeding = pipeline(createReadStream(path), createGunzip(), tar);
  // A fault ends both; the one that is awaited below tells it.
  feeding.catch(() => undefined);
  for await (const entry of tar) {
    const kind = kindOf(entry.header);
    const name = names.accept(entry.header.name, kind);
    if (kind === 'folder') {
      await mkdir(join(into, name), { recursive: true });
      entry.resume();
    } else await writeEntry(into, name, entry as AsyncIterable<Uint8Array>, { budget });
  }
  await feeding;
}
