import { createHash } from 'node:crypto';
import { sizeText } from './text.js';

/** Characters and lines of a text that are shown. */
const shown = { characters: 1_000, lines: 20 };

const decoder = new TextDecoder('utf-8', { fatal: true });
// Tabs and ends of lines are text; what else has a code below a space is not.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

function textIn(value: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(value);
    return controls.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function cut(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  const head = lines.slice(0, shown.lines).join('\n');
  if (head.length > shown.characters) return `${head.slice(0, shown.characters)}…`;
  return lines.length > shown.lines ? `${head}\n…` : head;
}

/** JSON without its line ends and spaces; any other text as it is. */
function compacted(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/**
 * What a person sees of a value: a text, cut to 1,000 characters and 20 lines, with its size where it is cut; of anything else the
 * size and the beginning of its sha-256.
 *
 * @param isCompact puts JSON on one line.
 */
export function previewOf(value: Uint8Array, isCompact = false): string {
  const text = textIn(value);
  if (text !== undefined) {
    const whole = isCompact ? compacted(text) : text.trimEnd();
    const kept = cut(whole);
    return kept === whole ? kept : `${kept} (${sizeText(value.length)})`;
  }
  const digest = createHash('sha256').update(value).digest('hex').slice(0, 12);
  return `${sizeText(value.length)}, sha256 ${digest}…`;
}
