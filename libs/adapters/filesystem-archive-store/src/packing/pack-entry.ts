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
/** The first moment that a zip can write, in its own terms: a wall clock without a zone. */
export const zipTime = new Date(1980, 0, 1);
export const tarTime = new Date(Date.UTC(1980, 0, 1));

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
