import type { ArchiveBlobs, Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { checkedDigest, isDigest } from './digest.js';
import { ageOf, entriesOf, exists, passableFolder } from './folders.js';
import { writeHashed } from './hashed-file.js';
import type { TemporaryFolder } from './temporary-folder.js';

/** Blobs as files of one folder, each under its digest. A name is given by a rename, so what has its name is complete. */
export class FolderBlobs implements ArchiveBlobs {
  /** @param temporary on the same file system. */
  constructor(
    private readonly directory: string,
    private readonly temporary: TemporaryFolder,
    private readonly logger: Logger,
  ) {}

  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    return this.temporary.lend(async (path) => {
      const { digest, bytes, unwritten } = await writeHashed(path, content);
      if (unwritten !== undefined) {
        if (!(await this.has(digest))) throw unwritten;
        await this.touch(digest);
        return { digest, bytes };
      }
      await mkdir(this.directory, { recursive: true, mode: passableFolder });
      await rename(path, this.path(digest));
      return { digest, bytes };
    });
  }

  async read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    await this.assertThere(digest);
    const { size } = await stat(this.path(digest));
    return { bytes: size, content: this.contentOf(digest) };
  }

  async lend<T>(digest: string, use: (path: string) => Promise<T>): Promise<T> {
    await this.assertThere(digest);
    return use(this.path(digest));
  }

  has(digest: string): Promise<boolean> {
    return exists(this.path(digest));
  }

  async touch(digest: string): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.path(digest), now, now);
    } catch (error) {
      this.logger.debug({ digest, err: error }, 'the archive cannot be marked as used');
    }
  }

  async list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const found = (await entriesOf(this.directory)).filter(isDigest).map(async (digest) => {
      const idleMs = await ageOf(this.path(digest));
      return idleMs === undefined ? [] : [{ digest, idleMs }];
    });
    return (await Promise.all(found)).flat();
  }

  async remove(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  private async assertThere(digest: string): Promise<void> {
    if (await this.has(digest)) return;
    throw new TorchweaveError('archiveUnreadable', { reason: `the archive store has no archive ${digest}` });
  }

  /** Opened with the first chunk that is asked for. */
  private async *contentOf(digest: string): AsyncGenerator<Uint8Array> {
    const file = await open(this.path(digest));
    yield* file.createReadStream() as AsyncIterable<Uint8Array>;
  }

  private path(digest: string): string {
    return join(this.directory, checkedDigest(digest));
  }
}
