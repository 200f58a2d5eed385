import { describe, expect, it } from 'vitest';
import { bytes, count, duration, percent, perSecond } from './units.js';

describe('figures as people read them', () => {
  it.each([
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [1_400, '1.4 s'],
    [12_300, '12 s'],
    [200_000, '3 min'],
    [7_300_000, '2 h'],
    [432_000_000, '5 d'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [0, '0 B'],
    [512, '512 B'],
    [1_024, '1 KiB'],
    [1_468_006, '1.4 MiB'],
    [3 * 1_024 ** 4, '3 TiB'],
  ])('%d bytes are %s', (size, text) => expect(bytes(size)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.0004, '<0.1 %'],
    [0.004, '0.4 %'],
    [0.123, '12 %'],
    [1, '100 %'],
  ])('a rate of %d is %s', (rate, text) => expect(percent(rate)).toBe(text));

  it.each([
    [0, '0'],
    [0.03, '<0.1'],
    [4.25, '4.3'],
    [1_234.4, '1,234'],
  ])('%d a second are %s', (rate, text) => expect(perSecond(rate)).toBe(text));

  it('sets thousands apart', () => expect(count(10_000)).toBe('10,000'));
});
