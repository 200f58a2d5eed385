/**
 * What would steer a terminal (C0 and C1), pass for a line of ours (line ends), or turn the direction of writing, by which a text
 * would look like another one.
 */
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A control character as JSON writes it with its number. */
export const jsonEscape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Writes every control character, line end and sign of direction of a text as `write` has it. */
export const replaceControls = (text: string, write: (char: string) => string): string =>
  text.replace(controls, (char) => write(char));

/** Escapes, as JSON does, what would move a terminal's cursor, colour it, or turn its text round. */
export const escapeControls = (text: string): string =>
  replaceControls(text, (char) => named[char] ?? jsonEscape(char));
