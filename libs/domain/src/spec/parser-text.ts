/** The text of a file in the form that the parser takes. */
interface ParserText {
  readonly text: string;
  /** Where a character of `text` stands in the file. */
  readonly offsetInFile: (offset: number) => number;
}

interface Gap {
  /** Where in the file spaces are put in. */
  readonly at: number;
  readonly spaces: number;
}

/** How a line begins. */
interface Head {
  /** Where it starts. */
  readonly line: number;
  /** The column behind its indentation and its markers. */
  readonly end: number;
  /** The column of the collection that what stands there is a part of. */
  readonly parent: number;
}

/** SnakeYAML takes 50. The parser goes down with the collections, and V8 may end the process where the stack does. */
const maxDepth = 500;

/** In all: an honest file needs a handful, one of brackets without end gets no more than it is large. */
const maxSpaces = 250_000;

const whitespaceOrEnd = /\s|$/y;
const documentMarker = /(?:---|\.\.\.)(?=\s|$)/y;
/** What may come before the key or value of a line, each of it a collection of its own. */
const markers = /(?:[-?:][ \t]+)*/y;
const plainInBlock = /(?:[^\n:#]|:(?!\s|$)|(?<![ \t])#)*/y;
const plainInFlow = /(?:[^\n:#,[\]{}]|:(?![\s,[\]{}]|$)|(?<![ \t])#)*/y;
const property = { block: /\S*/y, flow: /[^\s,[\]{}]*/y };

/**
 * SnakeYAML's scanner looks at indentation nowhere inside of brackets and quotes, and takes `#` for a comment wherever a text does not go
 * on; the parser wants lines in brackets to be indented and a space before `#`. This finds where spaces are missing.
 */
class SpaceFinder {
  readonly gaps: Gap[] = [];
  /** Where the file is nested deeper than {@link maxDepth}. */
  tooDeepAt: number | undefined;
  private at = 0;
  private depth = 0;
  /** Of the line, each of which begins a collection. */
  private signs = 0;
  private lineStart = 0;
  private spent = 0;
  /** Spaces that a line needs for the parser to take it as part of the brackets or quotes that it is in. */
  private needed = 0;
  private head: Head = { line: -1, end: 0, parent: -1 };

  constructor(private readonly text: string) {}

  run(): void {
    while (this.at < this.text.length && this.tooDeepAt === undefined) this.token();
  }

  private token(): void {
    const char = this.text[this.at] ?? '';
    if (char === '\n') this.newLine();
    else if (' \t\r'.includes(char)) this.at += 1;
    else if (char === '#') this.comment();
    else if (this.at === this.lineStart && this.isAt(documentMarker)) this.skip(documentMarker);
    else if (this.at === this.lineStart && char === '%') this.toLineEnd();
    else if (char === '"' || char === "'") this.quoted(char);
    else if (char === '[' || char === '{') this.open();
    else if (char === ']' || char === '}') this.close();
    else if ('&*!'.includes(char)) this.skip(this.depth > 0 ? property.flow : property.block);
    else if ('|>'.includes(char) && this.depth === 0) this.blockScalar();
    else if (this.isSign(char)) this.sign();
    else this.plain();
  }

  private isSign(char: string): boolean {
    if (char === ',') return true;
    if (!'-?:'.includes(char)) return false;
    return (this.depth > 0 && char !== '-') || this.isAt(whitespaceOrEnd, this.at + 1);
  }

  private sign(): void {
    if (this.depth === 0 && this.text[this.at] !== ',') this.signs += 1;
    if (this.signs > maxDepth) this.tooDeepAt = this.at;
    this.at += 1;
  }

  private open(): void {
    if (this.depth === 0) this.needed = this.parentColumn() + 1;
    this.depth += 1;
    if (this.depth > maxDepth) this.tooDeepAt = this.at;
    this.at += 1;
  }

  private close(): void {
    this.depth = Math.max(0, this.depth - 1);
    this.at += 1;
  }

  private comment(): void {
    if (this.at > this.lineStart && !/[ \t]/.test(this.text[this.at - 1] ?? '')) this.put(1);
    this.toLineEnd();
  }

  private quoted(quote: string): void {
    if (this.depth === 0) this.needed = this.parentColumn() + 1;
    const stop = quote === '"' ? /["\\\n]/g : /['\n]/g;
    for (this.at += 1; this.at < this.text.length;) {
      stop.lastIndex = this.at;
      const found = stop.exec(this.text);
      this.at = found?.index ?? this.text.length;
      if (found?.[0] === '\n') this.newLine(true);
      else if (found?.[0] === '\\') this.at += this.text[this.at + 1] === '\n' ? 1 : 2;
      else if (quote === "'" && this.text[this.at + 1] === "'") this.at += 2;
      else break;
    }
    this.at += 1;
  }

  private plain(): void {
    const parent = this.parentColumn();
    for (;;) {
      this.skip(this.depth > 0 ? plainInFlow : plainInBlock);
      if (this.text[this.at] !== '\n') break;
      if (this.depth === 0 && !this.goesOn(parent)) break;
      this.skipBlank();
      // In the middle of a text, quotes and signs are part of it.
      if (this.depth > 0 ? /[,:#[\]{}]/.test(this.text[this.at] ?? '') : this.text[this.at] === '#') return;
    }
    // What is here ends a text; a sign that could not begin one is passed over.
    if (this.text[this.at] === ':') this.at += 1;
  }

  /** Whether the next line that holds anything belongs to a text that began below `parent`. */
  private goesOn(parent: number): boolean {
    const next = /\n(?:[ \t\r]*\n)*( *)(?=[^ \n])/y;
    next.lastIndex = this.at;
    return (next.exec(this.text)?.[1]?.length ?? -1) > parent;
  }

  private blockScalar(): void {
    const parent = this.parentColumn();
    this.toLineEnd();
    while (this.text[this.at] === '\n' && this.goesOn(parent)) {
      this.skipBlank();
      this.toLineEnd();
    }
  }

  private skipBlank(): void {
    while (' \t\r\n'.includes(this.text[this.at] ?? '-')) {
      if (this.text[this.at] === '\n') this.newLine();
      else this.at += 1;
    }
  }

  /** The column of the collection that what stands here is a part of. */
  private parentColumn(): number {
    if (this.head.line !== this.lineStart) this.head = this.readHead();
    const { end, parent } = this.head;
    return this.at > this.lineStart + end ? end : parent;
  }

  private readHead(): Head {
    const line = this.lineStart;
    const indent = this.indentAt(line);
    markers.lastIndex = line + indent;
    const found = markers.exec(this.text)?.[0] ?? '';
    return { line, end: indent + found.length, parent: indent + found.trimEnd().length - 1 };
  }

  private indentAt(start: number): number {
    let indent = 0;
    while (this.text[start + indent] === ' ') indent += 1;
    return indent;
  }

  private newLine(isInside = this.depth > 0): void {
    this.at += 1;
    this.lineStart = this.at;
    this.signs = 0;
    if (!isInside || this.isAt(documentMarker)) return;
    const indent = this.indentAt(this.at);
    const isEmpty = '\r\n'.includes(this.text[this.at + indent] ?? '\n');
    if (!isEmpty && indent < this.needed) this.put(this.needed - indent);
  }

  private put(spaces: number): void {
    this.spent += spaces;
    if (this.spent <= maxSpaces) this.gaps.push({ at: this.at, spaces });
  }

  private toLineEnd(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end === -1 ? this.text.length : end;
  }

  private isAt(pattern: RegExp, at = this.at): boolean {
    pattern.lastIndex = at;
    return pattern.test(this.text);
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.text)?.[0].length ?? 0;
  }
}

/** Every sign that ends a line for SnakeYAML as the one that does for the parser; no character moves. */
export const withPlainLineEnds = (text: string): string => text.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n');

/** What is found before a file is parsed. */
interface Layout {
  /** Where the file is nested deeper than any spec, and than the parser takes without harm. */
  readonly tooDeepAt?: number | undefined;
  /** The file with the spaces that the parser misses and SnakeYAML does not; absent where none are missing. */
  readonly spaced?: ParserText;
}

/** Looks through a file as a scanner of YAML does. */
export function layoutOf(text: string): Layout {
  const finder = new SpaceFinder(text);
  finder.run();
  const { gaps, tooDeepAt } = finder;
  return tooDeepAt !== undefined || gaps.length === 0 ? { tooDeepAt } : { spaced: withSpaces(text, gaps) };
}

function withSpaces(text: string, gaps: readonly Gap[]): ParserText {
  const ends = [...gaps.slice(1).map(({ at }) => at), text.length];
  const pieces = gaps.map(({ at, spaces }, i) => ' '.repeat(spaces) + text.slice(at, ends[i]));
  return {
    text: text.slice(0, gaps[0]?.at) + pieces.join(''),
    offsetInFile(offset) {
      let moved = 0;
      for (const { at, spaces } of gaps) {
        if (offset < at + moved) break;
        moved += Math.min(spaces, offset - at - moved);
      }
      return offset - moved;
    },
  };
}
