const quotes = /('''|"""|'|")/y;

/** Where a string that begins at `start` ends; a plain one at the end of its line at the latest. */
function endOfString(source: string, start: number, quote: string): number {
  for (let at = start + quote.length; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source.startsWith(quote, at)) return at + quote.length;
    else if (quote.length === 1 && source[at] === '\n') return at;
  }
  return source.length;
}

/** Python source without comments and without what stands in strings. */
function withoutText(source: string): string {
  const kept: string[] = [];
  for (let at = 0; at < source.length;) {
    quotes.lastIndex = at;
    const quote = quotes.exec(source)?.[1];
    if (quote !== undefined) {
      at = endOfString(source, at, quote);
      kept.push('""');
    } else if (source[at] === '#') {
      const end = source.indexOf('\n', at);
      at = end === -1 ? source.length : end;
    } else {
      kept.push(source[at] ?? '');
      at += 1;
    }
  }
  return kept.join('');
}

/** A statement, or the head of a block. */
export interface PythonLine {
  /** Characters before the text; a tab counts as one. */
  readonly indent: number;
  readonly text: string;
}

/** The logical lines of Python source: brackets and backslashes go on in the next line, semicolons end one. */
export function pythonLines(source: string): PythonLine[] {
  const lines: PythonLine[] = [];
  let [line, depth] = ['', 0];
  const finish = (): void => {
    const indent = line.length - line.trimStart().length;
    for (const part of line.split(';')) if (part.trim() !== '') lines.push({ indent, text: part.trim() });
    line = '';
  };
  for (const char of withoutText(source.replace(/\r\n?/g, '\n')).replaceAll('\\\n', ' ')) {
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
    if (char !== '\n') line += char;
    else if (depth > 0) line += ' ';
    else finish();
  }
  finish();
  return lines;
}
