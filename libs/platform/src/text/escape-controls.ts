// C0 and C1, and what ends lines or turns text round.

const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Escapes, as JSON does, what would move a terminal's cursor, colour it, or turn its text round. */
export const escapeControls = (text: string): string =>
  text.replace(unprintable, (char) => named[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
