const maxDepth = 200;
/** Characters that are looked through: what is longer was not written by hand. */
const longestText = 100_000;
const literals = ['true', 'false', 'null'];
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const blank = /[ \t\r\n]*/y;

/** Finds where a text stops being JSON. */
class Scanner {
  at = 0;

  constructor(private readonly text: string) {}

  /** @returns false at the first character that does not belong there. */
  value(depth = 0): boolean {
    if (depth > maxDepth) return false;
    this.match(blank);
    const char = this.text[this.at];
    if (char === '{') return this.list('}', () => this.member(depth));
    if (char === '[') return this.list(']', () => this.value(depth + 1));
    const literal = literals.find((word) => this.text.startsWith(word, this.at));
    if (literal === undefined) return this.match(char === '"' ? string : number);
    this.at += literal.length;
    return true;
  }

  match(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    this.at += found?.[0].length ?? 0;
    return found !== null;
  }

  private list(end: string, item: () => boolean): boolean {
    this.at += 1;
    this.match(blank);
    if (this.sign(end)) return true;
    for (;;) {
      if (!item()) return false;
      this.match(blank);
      if (this.sign(end)) return true;
      if (!this.sign(',')) return false;
      this.match(blank);
    }
  }

  private member(depth: number): boolean {
    if (!this.match(string)) return false;
    this.match(blank);
    return this.sign(':') && this.value(depth + 1);
  }

  private sign(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }
}

/** What is wrong with a text that is no JSON, and where. The parser's own words change from release to release. */
export function jsonFault(text: string): string {
  if (text.trim() === '') return 'it is empty';
  if (text.length > longestText) return 'it is not JSON';
  const scanner = new Scanner(text);
  const isValue = scanner.value();
  scanner.match(blank);
  const before = text.slice(0, scanner.at).split('\n');
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  if (scanner.at >= text.length) return `it is not JSON: it breaks off at ${place}`;
  return `it is not JSON: ${isValue ? 'there is more after its end' : 'it goes wrong'} at ${place}`;
}
