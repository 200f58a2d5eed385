import { describe, expect, it } from 'vitest';
import { figureOf, median, percentile, slope } from './statistics.js';

describe('figureOf', () => {
  it('tells median, smallest and largest', () => {
    expect(figureOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, samples: 3 });
  });

  it('takes the mean of the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('leaves out what was not measured', () => {
    expect(figureOf([NaN, 5])).toEqual({ median: 5, min: 5, max: 5, samples: 1 });
    expect(figureOf([])).toEqual({ median: NaN, min: NaN, max: NaN, samples: 0 });
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('%d of 1 to 100 is %d', (share, expected) => expect(percentile(hundred, share)).toBe(expected));

  it('is the only sample there is', () => expect(percentile([7], 0.99)).toBe(7));
});

describe('slope', () => {
  it('is the growth of a line', () => expect(slope([1, 3, 5, 7])).toBe(2));
  it('is 0 for what stays, and for too few samples', () => {
    expect(slope([4, 4, 4])).toBe(0);
    expect(slope([4])).toBe(0);
    expect(slope([])).toBe(0);
  });
});
