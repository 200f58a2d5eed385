import { UtcDate } from './pack-entry.js';
import type { ExportOptions } from './write-archive.js';

/** A moment as the archivers write it, `dd/MM/yyyy HH:mm:ss`, by the clock on the wall. */
export function createdOn(moment: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = `${two(moment.getDate())}/${two(moment.getMonth() + 1)}/${String(moment.getFullYear()).padStart(4, '0')}`;
  return `${day} ${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}

/** The moment that a manifest tells where none is given: now, or the one that all of the archive has. */
export const momentOf = ({ sourceDate }: ExportOptions): Date =>
  sourceDate === undefined ? new Date() : new UtcDate(sourceDate);
