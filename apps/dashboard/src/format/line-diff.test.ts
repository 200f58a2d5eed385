import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineDiff } from './line-diff.js';

const told = (before: string, after: string): string[] =>
  lineDiff(before, after).map(({ kind, text }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${text}`);

describe('two texts beside one another', () => {
  it('show what has changed alone', () => {
    expect(told('a\nb\nc\nd', 'a\nc\nx\nd')).toEqual([' a', '-b', ' c', '+x', ' d']);
    expect(told('same', 'same')).toEqual([' same']);
  });

  it('lose no line of either', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 20 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = lineDiff(before, after);
        const of = (kind: string) =>
          lines
            .filter((line) => line.kind !== kind)
            .map((line) => line.text)
            .join('\n');
        expect(of('added')).toBe(before);
        expect(of('removed')).toBe(after);
      }),
    );
  });

  it('tells long ones apart in bounded memory', () => {
    const long = (mark: string) => Array.from({ length: 3_000 }, (_, at) => `${mark}${at}`).join('\n');
    expect(lineDiff(long('a'), long('b'))).toHaveLength(6_000);
  });
});
