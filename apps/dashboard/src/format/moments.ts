import { duration } from './units.js';

/** How long ago a moment was, in one unit; `now` under two seconds, and for moments to come of clocks that differ. */
export function ago(moment: string, nowMs: number): string {
  const passed = nowMs - Date.parse(moment);
  if (Number.isNaN(passed)) return 'unknown';
  return passed < 2_000 ? 'now' : `${duration(passed - (passed % 1_000))} ago`;
}

/** How long something has lasted. */
export const lasting = (since: string, nowMs: number): string => duration(Math.max(0, nowMs - Date.parse(since)));

/** The exact moment, in UTC: `2026-11-28 03:12:04 UTC`. */
export function exactly(moment: string): string {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? moment : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The time of day of a moment, in UTC: `03:12:04`. */
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
