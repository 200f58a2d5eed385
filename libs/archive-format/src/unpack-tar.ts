import { TorchweaveError } from '@torchweave/domain';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { EntryNames } from './entry-names.js';
import type { InflationBudget } from './inflation-budget.js';
import type { ArchiveLimits } from './limits.js';
import { tarEntries } from './tar-entries.js';
import { TarFormatError } from './tar-header.js';
import { writeEntry } from './write-entry.js';

/** What one archive may bring. */
export interface UnpackingLimits {
  readonly names: EntryNames;
  readonly budget: InflationBudget;
  readonly limits: ArchiveLimits;
  /** Which files are written; of the others there is the name alone. All, where absent. */
  readonly isWanted?: ((path: string) => boolean) | undefined;
}

/** A tar of a folder's content names its entries `./a/b`, and the folder itself `./`. */
const withoutDot = (name: string): string => name.replace(/^\.\//, '');

async function writeEntries(
  inflated: AsyncIterable<Uint8Array>,
  into: string,
  { names, budget, limits, isWanted }: UnpackingLimits,
): Promise<void> {
  for await (const entry of tarEntries(budget.meter(inflated), limits)) {
    const name = withoutDot(entry.name);
    const isRoot = entry.kind === 'folder' && (name === '' || name === '.');
    const target = isRoot ? '' : names.accept(name, entry.kind);
    if (entry.kind === 'folder') await mkdir(join(into, target), { recursive: true });
    else await writeEntry(into, target, entry.content, isWanted);
  }
}

/**
 * Unpacks a gzipped tar into an empty folder.
 *
 * @throws TorchweaveError of the archive's fault; what zlib and the file system throw.
 */
export async function unpackTar(path: string, into: string, unpacking: UnpackingLimits): Promise<void> {
  const gunzip = createGunzip();
  const feeding = pipeline(createReadStream(path), gunzip);
  // A fault of the feed ends the loop, which tells it.
  feeding.catch(() => undefined);
  try {
    await writeEntries(gunzip, into, unpacking);
  } catch (error) {
    if (!(error instanceof TarFormatError)) throw error;
    const reason = `the gzipped tar is corrupt or made by hand: ${error.message}`;
    throw new TorchweaveError('archiveUnreadable', { reason }, { cause: error });
  } finally {
    gunzip.destroy();
  }
  // zlib leaves alone what is no gzip any more.
  if (gunzip.bytesWritten < (await stat(path)).size) {
    throw new TorchweaveError('archiveUnreadable', { reason: 'the gzipped tar has bytes behind its end' });
  }
}
