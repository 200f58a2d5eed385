/** An archive that lies unpacked, read-only, in a folder of its own. */
export interface UnpackedArchive {
  /** sha-256 of the packed archive, lower-case hex. */
  readonly digest: string;
  /** Absolute path of the folder. */
  readonly directory: string;
  /** Reads a small text file of the archive; undefined where the archive has none of that name. */
  readText(path: string): Promise<string | undefined>;
  /**
   * Reads a file of the archive; undefined where it has none of that name.
   *
   * @throws TorchweaveError `archiveEntryRefused` for one of more than `maxBytes`.
   */
  readBytes(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** Archives by digest, packed and unpacked; shared by the workers and gateways of one installation. */
export interface ArchiveStore {
  /**
   * Keeps what the stream brings and tells its sha-256. A stream that fails leaves nothing behind.
   *
   * @throws whatever the stream throws; TorchweaveError `internal` when the disk refuses.
   */
  put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }>;
  /**
   * Unpacks the archive, or finds it unpacked. A folder counts only when it is complete.
   *
   * @throws TorchweaveError `archiveUnreadable`, `archiveEntryRefused`, `archiveLimitExceeded`.
   */
  open(digest: string): Promise<UnpackedArchive>;
  /**
   * Unpacks the archive into a new folder that is the caller's own, and writable.
   *
   * @param directory an absolute path at which nothing is; whatever fails leaves nothing there.
   * @throws as {@link open}.
   */
  unpackTo(digest: string, directory: string): Promise<void>;
  /**
   * The packed archive, as it was put.
   *
   * @throws TorchweaveError `archiveUnreadable` when it is not kept.
   */
  read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }>;
  /** Digests that are kept, with the ms since the archive was last put or opened anew. */
  list(): Promise<readonly { digest: string; idleMs: number }[]>;
  /** Removes an archive, packed and unpacked. One that is not there is no error. */
  remove(digest: string): Promise<void>;
}
