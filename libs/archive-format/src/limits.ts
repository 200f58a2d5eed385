/** What an archive may be at most. Each limit stops the unpacking in the middle, before more is written. */
export interface ArchiveLimits {
  /** Files and folders that the archive names. */
  readonly maxEntries: number;
  /** bytes of everything, inflated. */
  readonly maxInflatedBytes: number;
  /** Inflated size to packed size, from {@link ratioFreeBytes} on. */
  readonly maxRatio: number;
  /** Inflated bytes below which the ratio does not matter. */
  readonly ratioFreeBytes: number;
  /** Folders above a file. */
  readonly maxDepth: number;
  /** bytes of one part of a path, in UTF-8. */
  readonly maxNameBytes: number;
  /** bytes of one header of a tar that says something of the entry after it: pax, GNU's long names. */
  readonly maxHeaderBytes: number;
  /** bytes of all such headers of an archive, and of the directory of a zip. */
  readonly maxHeadersBytes: number;
}

export const defaultLimits: ArchiveLimits = {
  maxEntries: 10_000,
  maxInflatedBytes: 4 * 1024 ** 3,
  maxRatio: 200,
  ratioFreeBytes: 1024 ** 2,
  maxDepth: 32,
  maxNameBytes: 255,
  maxHeaderBytes: 64 * 1024,
  maxHeadersBytes: 16 * 1024 ** 2,
};
