import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { isDiskFull } from './disk-full.js';

/** What a stream has brought. */
export interface HashedContent {
  /** sha-256 of all of it, in lower-case hex. */
  readonly digest: string;
  readonly bytes: number;
  /** Why the file does not have all of it: the disk is full. */
  readonly unwritten?: unknown;
}

/** A new file, which is written to as long as there is room. */
class FileWhileRoom {
  /** What the system said when there was none. */
  full: unknown;
  private file: FileHandle | undefined;

  constructor(private readonly path: string) {}

  append(chunk: Uint8Array): Promise<void> {
    return this.whileRoom(async () => {
      this.file ??= await open(this.path, 'wx');
      await this.file.writeFile(chunk);
    });
  }

  /** Down to the disk. */
  sync(): Promise<void> {
    return this.whileRoom(async () => this.file?.sync());
  }

  async close(): Promise<void> {
    await this.file?.close();
  }

  private async whileRoom(write: () => Promise<void>): Promise<void> {
    if (this.full !== undefined) return;
    try {
      await write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.full = error;
    }
  }
}

/**
 * Writes a new file, down to the disk, and tells the sha-256 of what came; also of what a full disk has no room for.
 *
 * @throws whatever `content` throws; what the file system throws, but for a full disk. The file may be there all the same.
 */
export async function writeHashed(path: string, content: AsyncIterable<Uint8Array>): Promise<HashedContent> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = new FileWhileRoom(path);
  try {
    await file.append(new Uint8Array());
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.append(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), bytes, unwritten: file.full };
}
