import { describe, expect, it } from 'vitest';
import { ago, clock, exactly, lasting } from './moments.js';

const now = Date.parse('2026-11-28T03:12:04.500Z');

describe('moments', () => {
  it.each([
    ['2026-11-28T03:12:03.900Z', 'now'],
    ['2026-11-28T03:12:09.000Z', 'now'],
    ['2026-11-28T03:11:59.200Z', '5 s ago'],
    ['2026-11-28T03:08:00.000Z', '4 min ago'],
    ['2026-11-25T03:08:00.000Z', '3 d ago'],
    ['never', 'unknown'],
  ])('%s was %s', (moment, text) => expect(ago(moment, now)).toBe(text));

  it('tells how long something lasts, and nothing below zero', () => {
    expect(lasting('2026-11-28T03:12:03.500Z', now)).toBe('1 s');
    expect(lasting('2026-11-28T03:13:00.000Z', now)).toBe('0 ms');
  });

  it('tells the exact one in UTC, and what is no moment as it came', () => {
    expect(exactly('2026-11-28T03:12:04.500Z')).toBe('2026-11-28 03:12:04 UTC');
    expect(exactly('soon')).toBe('soon');
    expect(clock(now)).toBe('03:12:04');
  });
});
