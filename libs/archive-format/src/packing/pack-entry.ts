import { EntryNames } from '../entry-names.js';
import { defaultLimits } from '../limits.js';

/** One file of an archive to be packed. */
export interface PackEntry {
  /** Path inside the archive, with `/`. */
  readonly path: string;
  /** Path of the file that has the content, or the content itself. */
  readonly source: string | Buffer;
}

/** The same content packs to the same bytes, wherever and whenever: all entries are of one time and mode. */
export const entryMode = 0o644;
const regularFile = 0o100000;
/** The same as a zip has it: with the type. */
export const zipMode = regularFile | entryMode;

/** The first and the last moment that a zip can write. */
const zipTimes = { first: Date.UTC(1980, 0, 1), last: Date.UTC(2107, 11, 31, 23, 59, 58) };

/** A moment that shows its parts in UTC to whoever asks for those of the clock on the wall, on any machine. */
export class UtcDate extends Date {
  override getFullYear(): number {
    return this.getUTCFullYear();
  }
  override getMonth(): number {
    return this.getUTCMonth();
  }
  override getDate(): number {
    return this.getUTCDate();
  }
  override getHours(): number {
    return this.getUTCHours();
  }
  override getMinutes(): number {
    return this.getUTCMinutes();
  }
  override getSeconds(): number {
    return this.getUTCSeconds();
  }
}

/** The time of all entries: the given one as far as a zip can write it, else the first that it can. */
export const entryTime = (sourceDate: Date | undefined): Date =>
  new UtcDate(Math.min(Math.max(sourceDate?.getTime() ?? 0, zipTimes.first), zipTimes.last));

/**
 * Sorts entries by path, after checking that the archive store would unpack them.
 *
 * @throws TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`.
 */
export function sortEntries(entries: readonly PackEntry[]): PackEntry[] {
  const names = new EntryNames(defaultLimits);
  for (const { path } of entries) names.accept(path, 'file');
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
