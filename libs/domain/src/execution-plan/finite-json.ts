/** Numbers that Python's json writes and JSON does not have. */
const nonFinite = /-?\b(?:NaN|Infinity)\b/g;

/**
 * JSON of a text that is JSON but for `NaN`, `Infinity` and `-Infinity`: each becomes `null`, as in JavaScript; all else stays as it
 * was written. Undefined for any other text.
 */
export function finiteJson(text: string): string | undefined {
  const pieces: string[] = [];
  let isChanged = false;
  for (let at = 0; at < text.length;) {
    const opened = text.indexOf('"', at);
    const end = opened === -1 ? text.length : opened;
    const outside = text.slice(at, end);
    const finite = outside.replace(nonFinite, 'null');
    isChanged ||= finite !== outside;
    pieces.push(finite);
    if (opened === -1) break;
    at = endOfString(text, opened);
    pieces.push(text.slice(opened, at));
  }
  if (!isChanged) return undefined;
  const json = pieces.join('');
  try {
    JSON.parse(json);
    return json;
  } catch {
    return undefined;
  }
}

/** The index behind the string that begins at `opened`. */
function endOfString(text: string, opened: number): number {
  for (let quote = text.indexOf('"', opened + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
