import { withPlainLineEnds } from './parser-text.js';

/** A place in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where the lines of a text start, with every sign that ends a line in YAML 1.1. */
export class LineStarts {
  private readonly starts = [0];

  constructor(text: string) {
    const plain = withPlainLineEnds(text);
    for (let end = plain.indexOf('\n'); end !== -1; end = plain.indexOf('\n', end + 1)) this.starts.push(end + 1);
  }

  placeOf(offset: number): Place {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.starts[low] ?? 0) + 1 };
  }
}
