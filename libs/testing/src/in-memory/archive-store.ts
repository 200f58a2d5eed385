import type { ArchiveStore, UnpackedArchive } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { readPacked } from './read-packed.js';

/** bytes of the largest text that is read of an archive. */
const maxTextBytes = 1_048_576;

interface Stored {
  readonly packed: Buffer;
  usedAt: number;
}

/**
 * {@link ArchiveStore} in this process. There are no folders: `directory` is a name at which nothing lies, and
 * {@link unpackTo} refuses. It passes what of the suite is about archives, and not what is about folders.
 */
export class InMemoryArchiveStore implements ArchiveStore {
  private readonly archives = new Map<string, Stored>();

  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    const packed = await buffer(content);
    const digest = createHash('sha256').update(packed).digest('hex');
    this.archives.set(digest, { packed, usedAt: performance.now() });
    return { digest, bytes: packed.length };
  }

  async open(digest: string): Promise<UnpackedArchive> {
    const stored = this.find(digest);
    const files = await readPacked(stored.packed);
    stored.usedAt = performance.now();
    return {
      ...{ digest, directory: `/in-memory/${digest}` },
      readText: (path) => new Promise((resolve) => resolve(textOf(path, files.get(path)))),
    };
  }

  unpackTo(): Promise<never> {
    return Promise.reject(new Error('an archive store in memory has no folders'));
  }

  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    return new Promise((resolve) => {
      const { packed } = this.find(digest);
      resolve({ bytes: packed.length, content: Readable.from([packed]) });
    });
  }

  list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const now = performance.now();
    return Promise.resolve([...this.archives].map(([digest, { usedAt }]) => ({ digest, idleMs: now - usedAt })));
  }

  remove(digest: string): Promise<void> {
    this.archives.delete(digest);
    return Promise.resolve();
  }

  private find(digest: string): Stored {
    const stored = this.archives.get(digest);
    if (stored !== undefined) return stored;
    throw new TorchweaveError('archiveUnreadable', { reason: `the archive store has no archive ${digest}` });
  }
}

function textOf(entry: string, content: Buffer | undefined): string | undefined {
  if (content === undefined) return undefined;
  const refuse = (reason: string): never => {
    throw new TorchweaveError('archiveEntryRefused', { entry, reason });
  };
  if (content.length > maxTextBytes) return refuse(`it has more than ${maxTextBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return refuse('it is not UTF-8 text');
  }
}
