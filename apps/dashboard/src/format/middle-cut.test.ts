import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { middleCut } from './middle-cut.js';

describe('a long name', () => {
  it('keeps its ends', () => expect(middleCut('fraud-detection-eu-central-1', 13)).toBe('fraud-…tral-1'));
  it('is left as it is when it fits', () => expect(middleCut('digits', 6)).toBe('digits'));
  it('is never longer than what there is room for, and cuts no character apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 3, max: 40 }), (name, most) => {
        const cut = middleCut(name, most);
        expect([...cut].length).toBeLessThanOrEqual(Math.max(most, 3));
        expect(cut.isWellFormed()).toBe(name.isWellFormed());
      }),
    );
  });
});
