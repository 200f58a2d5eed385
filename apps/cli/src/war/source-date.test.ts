import { describe, expect, it } from 'vitest';
import { sourceDate } from './source-date.js';

describe('SOURCE_DATE_EPOCH', () => {
  it.each([
    ['', undefined],
    ['0', 0],
    ['1700000000', 1_700_000_000_000],
    ['253402300799', 253_402_300_799_000],
  ])('%j is %j', (text, time) => expect(sourceDate({ SOURCE_DATE_EPOCH: text })?.getTime()).toBe(time));

  it('need not be set', () => expect(sourceDate({})).toBeUndefined());

  it.each(['-1', '1.5', 'now', '1e9', '253402300800'])('%j is refused', (text) => {
    expect(() => sourceDate({ SOURCE_DATE_EPOCH: text })).toThrow(
      `SOURCE_DATE_EPOCH must be whole seconds since 1970, not "${text}".`,
    );
  });
});
