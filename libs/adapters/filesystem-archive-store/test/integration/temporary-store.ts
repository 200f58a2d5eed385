import { silentLogger } from '@torchweave/application';
import type { ArchiveLimits } from '@torchweave/archive-format';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemArchiveStore } from '../../src/index.js';
import { removeTree } from '../../src/folders.js';

/** A store in a folder that goes away with it. */
export interface TemporaryStore {
  readonly store: FilesystemArchiveStore;
  readonly directory: string;
  dispose(): Promise<void>;
}

/** Makes an empty store. */
export async function temporaryStore(limits: Partial<ArchiveLimits> = {}): Promise<TemporaryStore> {
  const root = await mkdtemp(join(tmpdir(), 'archive-store-'));
  const directory = join(root, 'store');
  const store = new FilesystemArchiveStore({ directory, limits, logger: silentLogger });
  return { store, directory, dispose: () => removeTree(root) };
}
