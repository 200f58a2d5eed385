/**
 * Control characters, by which a text would steer the terminal; line ends, by which it would pass for a line of ours; and the
 * signs that turn the direction of writing, by which it would look like another one. A tab does no harm.
 */
const steering = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const withoutLineEnds = new RegExp(steering.source.replace('\\u000a-', '\\u000b-'), 'g');

const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

function escape(char: string): string {
  const code = char.charCodeAt(0);
  return names[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`);
}

/** One line of a text that may be anybody's, as a terminal may have it: what would steer it is shown instead. */
export const printableLine = (text: string): string => text.replace(steering, escape);

/** The same of a text of several lines. */
export const printableText = (text: string): string => text.replace(withoutLineEnds, escape);

/** A value as JSON that a terminal may have: `JSON.stringify` leaves alone what is no control character of ASCII. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    withoutLineEnds,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
