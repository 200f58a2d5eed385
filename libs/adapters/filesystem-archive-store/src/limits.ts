/** What an archive may at most be; every limit stops the unpacking in the middle. */
export interface ArchiveLimits {
  readonly maxEntries: number;
  /** bytes of all entries together, inflated. */
  readonly maxInflatedBytes: number;
  /** Inflated to packed size, counted above {@link ratioFreeBytes}. */
  readonly maxRatio: number;
  /** bytes that may inflate at any ratio. */
  readonly ratioFreeBytes: number;
  /** Folders above a file. */
  readonly maxDepth: number;
  /** bytes of one part of a path. */
  readonly maxNameBytes: number;
}

export const defaultLimits: ArchiveLimits = {
  maxEntries: 10_000,
  maxInflatedBytes: 4 * 1024 ** 3,
  maxRatio: 200,
  ratioFreeBytes: 1024 ** 2,
  maxDepth: 32,
  maxNameBytes: 255,
};
