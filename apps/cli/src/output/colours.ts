import type { Environment } from '../environment.js';

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

type ColourName = keyof typeof codes;

/** Functions that colour a text, or leave it as it is. */
export type Colours = { readonly [Name in ColourName]: (text: string) => string };

/**
 * @param isOn false gives functions that change nothing.
 * @param begin begins an escape sequence.
 */
export function createColours(isOn: boolean, begin = '\u001b['): Colours {
  const colour = (name: ColourName) => {
    const [on, off] = codes[name];
    return (text: string): string => (isOn ? `${begin}${on}m${text}${begin}${off}m` : text);
  };
  return {
    bold: colour('bold'),
    dim: colour('dim'),
    red: colour('red'),
    green: colour('green'),
    yellow: colour('yellow'),
    cyan: colour('cyan'),
  };
}

/** Whether a stream takes colours: a terminal does, unless NO_COLOR (https://no-color.org) or a dumb one forbids them. */
export function takesColours(stream: { readonly isTTY?: boolean }, environment: Environment): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}
