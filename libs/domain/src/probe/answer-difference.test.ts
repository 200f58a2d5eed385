import { describe, expect, it } from 'vitest';
import { answerDifference } from './answer-difference.js';

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe('answerDifference', () => {
  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: { b: [1, { c: null }] } }, { a: { b: [1, { c: null, d: 1 }] } }],
    ['x', 'x'],
    [{}, { a: 1 }],
    [deep(60), deep(60)],
  ])('finds none where %j is in %j', (expected, actual) => {
    expect(answerDifference(expected, actual)).toBeUndefined();
  });

  it.each([
    [{ a: 1 }, { a: 2 }, 'its answer.a is 2, not 1'],
    [{ a: 1 }, {}, 'its answer.a is missing, not 1'],
    [{ toString: 1 }, {}, 'its answer.toString is missing, not 1'],
    [{ a: [1, 2] }, { a: [1, 2, 3] }, 'its answer.a has 3 items, not 2'],
    [[{ a: 'x' }], [{ a: 'y' }], 'its answer[0].a is "y", not "x"'],
    [{ a: {} }, { a: [] }, 'its answer.a is [], not {}'],
    [[], {}, 'its answer is {}, not []'],
    [null, 0, 'its answer is 0, not null'],
    ['1', 1, 'its answer is 1, not "1"'],
  ])('tells the first of %j from %j', (expected, actual, difference) => {
    expect(answerDifference(expected, actual)).toBe(difference);
  });

  it('goes no deeper than it may, and tells no more than it may', () => {
    expect(answerDifference(deep(5_000), deep(5_000))).toMatch(/nests more than 64 levels deep$/);
    expect(answerDifference('x'.repeat(10_000), 1)?.length).toBeLessThan(300);
    expect(answerDifference({ ['k'.repeat(10_000)]: 1 }, {})?.length).toBeLessThanOrEqual(500);
  });
});
