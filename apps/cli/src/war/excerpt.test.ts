import { describe, expect, it } from 'vitest';
import { excerptLines } from './excerpt.js';

const problem = { rule: 'r', message: 'm', file: 'f' };

describe('an excerpt', () => {
  it.each([
    [
      'the line, and a caret below the place',
      { line: 2, column: 6 },
      'a: 1\n  b: [x]\n',
      ['      b: [x]', '         ^'],
    ],
    ['the end of a line', { line: 1, column: 5 }, 'a: 1', ['    a: 1', '        ^']],
    ['a line of an old Mac', { line: 2, column: 1 }, 'a\rb\rc', ['    b', '    ^']],
    ['what would move the caret, in one column', { line: 1, column: 4 }, '\ta\u0007b', ['    ?a?b', '       ^']],
    ['nothing of an empty line', { line: 2, column: 1 }, 'a\n  \nb', []],
    ['nothing beyond the end', { line: 3, column: 1 }, 'a', []],
    ['nothing without a place', {}, 'a', []],
    ['nothing without a text', { line: 1, column: 1 }, undefined, []],
  ])('shows %s', (_what, place, text, lines) => expect(excerptLines({ ...problem, ...place }, text)).toEqual(lines));

  it('shows a part of a long line', () => {
    const [line = '', caret = ''] = excerptLines(
      { ...problem, line: 1, column: 5_001 },
      `${'x'.repeat(5_000)}!${'y'.repeat(5_000)}`,
    );
    expect(line).toHaveLength(104);
    expect(line[caret.indexOf('^')]).toBe('!');
  });
});
