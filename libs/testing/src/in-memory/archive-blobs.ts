import type { ArchiveBlobs } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

interface Stored {
  readonly packed: Buffer;
  usedAt: number;
}

/** {@link ArchiveBlobs} in this process: a file is there only while it is lent, as of a store on another machine. */
export class InMemoryArchiveBlobs implements ArchiveBlobs {
  private readonly blobs = new Map<string, Stored>();

  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    const packed = await buffer(content);
    const digest = createHash('sha256').update(packed).digest('hex');
    this.blobs.set(digest, { packed, usedAt: performance.now() });
    return { digest, bytes: packed.length };
  }

  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    return new Promise((resolve) => {
      const { packed } = this.find(digest);
      resolve({ bytes: packed.length, content: Readable.from([packed]) });
    });
  }

  async lend<T>(digest: string, use: (path: string) => Promise<T>): Promise<T> {
    const { packed } = this.find(digest);
    const folder = await mkdtemp(join(tmpdir(), 'torchweave-blob-'));
    try {
      const path = join(folder, digest);
      await writeFile(path, packed);
      return await use(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  has(digest: string): Promise<boolean> {
    return Promise.resolve(this.blobs.has(digest));
  }

  touch(digest: string): Promise<void> {
    const stored = this.blobs.get(digest);
    if (stored !== undefined) stored.usedAt = performance.now();
    return Promise.resolve();
  }

  list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const now = performance.now();
    return Promise.resolve([...this.blobs].map(([digest, { usedAt }]) => ({ digest, idleMs: now - usedAt })));
  }

  remove(digest: string): Promise<void> {
    this.blobs.delete(digest);
    return Promise.resolve();
  }

  private find(digest: string): Stored {
    const stored = this.blobs.get(digest);
    if (stored !== undefined) return stored;
    throw new TorchweaveError('archiveUnreadable', { reason: `the archive store has no archive ${digest}` });
  }
}
