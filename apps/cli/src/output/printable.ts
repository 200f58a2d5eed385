import { jsonEscape, replaceControls } from '@torchweave/platform';

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

function escape(char: string): string {
  // A tab does no harm.
  if (char === '\t') return char;
  const code = char.charCodeAt(0);
  return named[char] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : jsonEscape(char));
}

const butLineEnds = (write: (char: string) => string) => (char: string) => (char === '\n' ? char : write(char));

/** One line of a text that may be anybody's, as a terminal may have it: what would steer it is shown instead. */
export const printableLine = (text: string): string => replaceControls(text, escape);

/** The same of a text of several lines. */
export const printableText = (text: string): string => replaceControls(text, butLineEnds(escape));

/** A value as JSON that a terminal may have: `JSON.stringify` leaves alone what is no control character of ASCII. */
export const printableJson = (value: unknown): string =>
  replaceControls(JSON.stringify(value, null, 2), butLineEnds(jsonEscape));
