import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import type { ArchiveStore } from '../ports/archive-store.js';
import { contentOfDigest } from './pinned-content.js';

export interface UploadedArchivesOptions {
  /** bytes of one archive. */
  readonly maxBytes: number;
  /** Uploads at once. */
  readonly limit: number;
}

/** Archives that clients send themselves: they go into the archive store as they come, and are registered from there. */
export class UploadedArchives {
  private underWay = 0;

  constructor(
    private readonly archives: Pick<ArchiveStore, 'put'>,
    private readonly options: UploadedArchivesOptions,
  ) {}

  /**
   * Stores an archive and says its sha-256. One that breaks off, is too large or another one leaves nothing.
   *
   * @param sha256 what the archive must have, in any case.
   * @throws TorchweaveError `overloaded`, before anything is read; `uploadTooLarge`, `uploadDigestMismatch`, `bodyMalformed`,
   * `archiveStoreFull`; whatever `content` throws.
   */
  async receive(content: AsyncIterable<Uint8Array>, sha256: string | undefined): Promise<string> {
    const { limit } = this.options;
    if (this.underWay >= limit) {
      throw new TorchweaveError('overloaded', { what: 'archives that are uploaded', limit, retryAfterSeconds: 1 });
    }
    this.underWay += 1;
    try {
      const bounded = this.bounded(content);
      const { digest } = await this.archives.put(
        sha256 === undefined ? bounded : contentOfDigest(bounded, sha256, mismatchWith(sha256)),
      );
      return digest;
    } finally {
      this.underWay -= 1;
    }
  }

  private async *bounded(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { maxBytes } = this.options;
    let bytes = 0;
    for await (const chunk of content) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new TorchweaveError('uploadTooLarge', { limitBytes: maxBytes });
      yield chunk;
    }
    if (bytes === 0) throw new TorchweaveError('bodyMalformed', { reason: 'the archive in it is empty' });
  }
}

const mismatchWith =
  (expected: string) =>
  (actual: string): TorchweaveError =>
    new TorchweaveError('uploadDigestMismatch', { expected, actual });

/** @throws TorchweaveError `uploadMissing` where the archive store has no such archive. */
export async function assertUploaded(archives: Pick<ArchiveStore, 'read'>, digest: string): Promise<void> {
  try {
    await archives.read(digest);
  } catch (error) {
    if (!isTorchweaveError(error, 'archiveUnreadable')) throw error;
    throw new TorchweaveError('uploadMissing', { digest }, { cause: error });
  }
}
