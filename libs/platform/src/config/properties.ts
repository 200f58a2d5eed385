/**
 * Reads a Java properties file as TorchServe's `config.properties` is read: `key=value` or `key: value`, comments with `#` or `!`,
 * a backslash at the end of a line goes on in the next.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  // Windows' Notepad puts a mark at the beginning.
  for (const line of joinContinuedLines(text.replace(/^\uFEFF/, ''))) {
    const match = /^((?:\\.|[^\\=:\s])+)\s*[=:\s]\s*(.*)$/.exec(line);
    if (match === null) properties.set(unescape(line), '');
    else properties.set(unescape(match[1] ?? ''), unescape(match[2] ?? ''));
  }
  return properties;
}

function joinContinuedLines(text: string): string[] {
  const lines: string[] = [];
  let open = '';
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const line = open + raw.trimStart();
    if (open === '' && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0;
    if (backslashes % 2 === 1) {
      open = line.slice(0, -1);
      continue;
    }
    lines.push(line);
    open = '';
  }
  if (open !== '') lines.push(open);
  return lines;
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\u([0-9a-fA-F]{4})|\\(.)/g, (_, unicode?: string, char?: string) =>
    unicode === undefined ? (escapes[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(unicode, 16)),
  );
}
