import { readBytes, readText, type ArchiveLimits, type Unpack } from '@torchweave/archive-format';
import type { ArchiveBlobs, ArchiveStore, UnpackedArchive } from '@torchweave/application';
import { isTorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { chmod, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkedDigest, isDigest } from './digest.js';
import {
  ageOf,
  entriesOf,
  exists,
  passableFolder,
  readOnlyFolder,
  removeTree,
  sealContent,
  writableFolder,
} from './folders.js';
import { lendPath, type TemporaryFolder } from './temporary-folder.js';

export interface UnpackedArchivesOptions {
  readonly blobs: ArchiveBlobs;
  /** Of the unpacked ones. */
  readonly directory: string;
  /** On the same file system. */
  readonly temporary: TemporaryFolder;
  readonly limits: ArchiveLimits;
  readonly unpack: Unpack;
}

/** Archives of any {@link ArchiveBlobs}, unpacked into a folder of this machine when they are opened for the first time. */
export class UnpackedArchives implements ArchiveStore {
  private readonly opening = new Map<string, Promise<UnpackedArchive>>();

  constructor(private readonly options: UnpackedArchivesOptions) {}

  put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    return this.options.blobs.put(content);
  }

  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    return this.options.blobs.read(digest);
  }

  /**
   * Opens in one process at once wait for one another.
   *
   * @throws TorchweaveError `archiveUnreadable`, `archiveEntryRefused`, `archiveLimitExceeded`, `archiveStoreFull`.
   */
  open(digest: string): Promise<UnpackedArchive> {
    const known = this.opening.get(digest);
    if (known !== undefined) return known;
    const opening = this.openOnce(digest).finally(() => this.opening.delete(digest));
    this.opening.set(digest, opening);
    return opening;
  }

  /** @throws as {@link open}. */
  unpackTo(digest: string, directory: string): Promise<void> {
    const { blobs, unpack, limits } = this.options;
    return blobs.lend(digest, async (packed) => {
      await mkdir(dirname(directory), { recursive: true });
      // Beside it, as it may lie on another file system than the store.
      await lendPath(`${directory}.part`, async (path) => {
        await mkdir(path);
        await rename(await unpack(packed, path, limits), directory);
      });
    });
  }

  async list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const packed = await this.options.blobs.list();
    const known = new Set(packed.map(({ digest }) => digest));
    const others = (await entriesOf(this.options.directory)).filter((name) => isDigest(name) && !known.has(name));
    const unpacked = others.map(async (digest) => {
      const idleMs = await ageOf(this.folder(digest));
      return idleMs === undefined ? [] : [{ digest, idleMs }];
    });
    return [...packed, ...(await Promise.all(unpacked)).flat()];
  }

  async remove(digest: string): Promise<void> {
    // In this order nobody can unpack it anew in between.
    await this.options.blobs.remove(digest);
    const directory = this.folder(digest);
    try {
      await this.options.temporary.lend(async (path) => {
        try {
          await chmod(directory, writableFolder);
          await rename(directory, path);
        } catch (error) {
          if (codeOf(error) !== 'ENOENT') throw error;
        }
      });
    } catch (error) {
      if (!isTorchweaveError(error, 'archiveStoreFull')) throw error;
      // Where even a rename has no room, nobody unpacks anything either: it may go in its place.
      await removeTree(directory);
    }
  }

  private async openOnce(digest: string): Promise<UnpackedArchive> {
    const { blobs } = this.options;
    const directory = this.folder(digest);
    if (!(await exists(directory))) {
      await blobs
        .lend(digest, (packed) => this.unpack(packed, directory))
        .catch(async (error: unknown) => {
          // Another registration may have found it of no use meanwhile, and removed it.
          await blobs.read(digest);
          throw error;
        });
    }
    await blobs.touch(digest);
    return {
      ...{ digest, directory, readText: (path) => readText(directory, path) },
      readBytes: (path, maxBytes) => readBytes(directory, path, maxBytes),
    };
  }

  private async unpack(packed: string, directory: string): Promise<void> {
    const { temporary, unpack, limits } = this.options;
    await temporary.lend(async (path) => {
      await mkdir(path);
      const content = await unpack(packed, path, limits);
      await sealContent(content);
      await mkdir(dirname(directory), { recursive: true, mode: passableFolder });
      try {
        await rename(content, directory);
      } catch (error) {
        // Another process was faster.
        if (!(await exists(directory))) throw error;
      }
      await chmod(directory, readOnlyFolder);
    });
  }

  private folder(digest: string): string {
    return join(this.options.directory, checkedDigest(digest));
  }
}
