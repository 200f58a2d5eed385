import { silentLogger } from '@torchweave/application';
import { defaultLimits, unpack } from '@torchweave/archive-format';
import { InMemoryArchiveBlobs } from '@torchweave/testing/in-memory/archive-blobs';
import {
  describeArchiveBlobs,
  describeArchiveStore,
  describeUnpackedArchives,
} from '@torchweave/testing/port-conformance/archive-store';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderBlobs } from '../../src/folder-blobs.js';
import { removeTree } from '../../src/folders.js';
import { TemporaryFolder } from '../../src/temporary-folder.js';
import { UnpackedArchives } from '../../src/unpacked-archives.js';
import { temporaryStore } from './temporary-store.js';

describeArchiveStore('FilesystemArchiveStore', () => temporaryStore());
describeUnpackedArchives('FilesystemArchiveStore', () => temporaryStore());

describeArchiveBlobs('FolderBlobs', async () => {
  const root = await mkdtemp(join(tmpdir(), 'archive-blobs-'));
  const temporary = new TemporaryFolder(join(root, 'tmp'), silentLogger);
  const blobs = new FolderBlobs(join(root, 'packed'), temporary, silentLogger);
  return { blobs, dispose: () => removeTree(root) };
});

/** Of blobs that have no folder of their own: whatever keeps them, archives open in the same way. */
async function unpackedFromElsewhere(): Promise<{ store: UnpackedArchives; dispose: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'unpacked-archives-'));
  const store = new UnpackedArchives({
    blobs: new InMemoryArchiveBlobs(),
    directory: join(root, 'unpacked'),
    temporary: new TemporaryFolder(join(root, 'tmp'), silentLogger),
    limits: defaultLimits,
    unpack,
  });
  return { store, dispose: () => removeTree(root) };
}

describeArchiveStore('UnpackedArchives', unpackedFromElsewhere);
describeUnpackedArchives('UnpackedArchives', unpackedFromElsewhere);
