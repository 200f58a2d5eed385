/** Packed archives by their sha-256 in lower-case hex: a folder, a bucket. What is put has no name but its digest. */
export interface ArchiveBlobs {
  /**
   * Keeps what the stream brings and tells its sha-256. A stream that fails leaves nothing behind; what is there already
   * needs no room.
   *
   * @throws whatever the stream throws; TorchweaveError `archiveStoreFull`.
   */
  put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }>;
  /**
   * What was put, as it was.
   *
   * @throws TorchweaveError `archiveUnreadable` where it is not kept.
   */
  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }>;
  /**
   * Lends a file of this machine with what was put, to be read while `use` runs.
   *
   * @throws as {@link read}; what `use` throws.
   */
  lend<T>(digest: string, use: (path: string) => Promise<T>): Promise<T>;
  has(digest: string): Promise<boolean>;
  /** Notes that it is in use, so that {@link list} does not show it as forgotten. One that is not there is no error. */
  touch(digest: string): Promise<void>;
  /** Digests, with the ms since each was last put or touched. */
  list(): Promise<readonly { digest: string; idleMs: number }[]>;
  /** One that is not there is no error. */
  remove(digest: string): Promise<void>;
}
