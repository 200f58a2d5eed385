import { escapeControls } from './escape-controls.js';

const longest = 200;

/** A value as an error sentence may show it: no password of a URL, no control characters, and not longer than a line or two. */
export function tellableValue(given: unknown): string {
  const whole = Array.isArray(given) ? given.map(String).join(' ') : String(given);
  // Up to the last @: a password may have one.
  const masked = whole.replace(/:\/\/\S*@/g, '://…@');
  return escapeControls(masked.length > longest ? `${masked.slice(0, longest)}…` : masked);
}
