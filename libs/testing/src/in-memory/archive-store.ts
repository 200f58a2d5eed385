import type { ArchiveStore, UnpackedArchive } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { buffer } from 'node:stream/consumers';
import { InMemoryArchiveBlobs } from './archive-blobs.js';
import { readPacked } from './read-packed.js';

/** bytes of the largest text that is read of an archive. */
const maxTextBytes = 1_048_576;

/**
 * {@link ArchiveStore} in this process. There are no folders: `directory` is a name at which nothing lies, and
 * {@link unpackTo} refuses. It passes what of the suite is about archives, and not what is about folders.
 */
export class InMemoryArchiveStore implements ArchiveStore {
  private readonly blobs = new InMemoryArchiveBlobs();

  put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    return this.blobs.put(content);
  }

  async open(digest: string): Promise<UnpackedArchive> {
    const { content } = await this.blobs.read(digest);
    const files = await readPacked(await buffer(content));
    await this.blobs.touch(digest);
    return {
      ...{ digest, directory: `/in-memory/${digest}` },
      readText: (path) => new Promise((resolve) => resolve(textOf(path, files.get(path)))),
      readBytes: (path, maxBytes) => new Promise((resolve) => resolve(bytesOf(path, files.get(path), maxBytes))),
    };
  }

  unpackTo(): Promise<never> {
    return Promise.reject(new Error('an archive store in memory has no folders'));
  }

  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    return this.blobs.read(digest);
  }

  list(): Promise<readonly { digest: string; idleMs: number }[]> {
    return this.blobs.list();
  }

  remove(digest: string): Promise<void> {
    return this.blobs.remove(digest);
  }
}

function bytesOf(entry: string, content: Buffer | undefined, maxBytes: number): Buffer | undefined {
  if (content === undefined || content.length <= maxBytes) return content;
  throw new TorchweaveError('archiveEntryRefused', { entry, reason: `it has more than ${maxBytes} bytes` });
}

function textOf(entry: string, content: Buffer | undefined): string | undefined {
  const bytes = bytesOf(entry, content, maxTextBytes);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TorchweaveError('archiveEntryRefused', { entry, reason: 'it is not UTF-8 text' });
  }
}
