import { describe, expect, it } from 'vitest';
import { SendAhead } from './send-ahead.js';

const busy = (outstanding: number, queuedMicros: number) => ({ outstanding, queuedMicros });

describe('SendAhead', () => {
  it('sends nothing ahead of what it does not know', () => {
    expect(new SendAhead().allows(busy(1, 0), 0, 10)).toBe(false);
  });

  it('sends short calls ahead, up to a turn of the event loop', () => {
    const ahead = new SendAhead();
    ahead.observe(0, 100);
    expect(ahead.allows(busy(1, 100), 0, 10)).toBe(true);
    expect(ahead.allows(busy(9, 950), 0, 10)).toBe(false);
  });

  it('knows each function by itself', () => {
    const ahead = new SendAhead();
    ahead.observe(0, 20);
    ahead.observe(1, 50_000);
    expect(ahead.allows(busy(1, 20), 1, 10)).toBe(false);
    expect(ahead.allows(busy(1, ahead.cost(1)), 0, 10)).toBe(false);
  });

  it('learns faster that a call has become slow than that it has become fast', () => {
    const ahead = new SendAhead();
    ahead.observe(0, 100);
    ahead.observe(0, 10_000);
    expect(ahead.allows(busy(1, 0), 0, 10)).toBe(false);
    for (let count = 0; count < 4; count += 1) ahead.observe(0, 100);
    expect(ahead.allows(busy(1, 0), 0, 10)).toBe(false);
    for (let count = 0; count < 20; count += 1) ahead.observe(0, 100);
    expect(ahead.allows(busy(1, 0), 0, 10)).toBe(true);
  });

  it('gathers short calls in a process that is awake, as long as they wait no longer than it takes to wake another', () => {
    const ahead = new SendAhead();
    ahead.observe(0, 20);
    expect(ahead.gathers(busy(0, 0), 0, 10)).toBe(false);
    expect(ahead.gathers(busy(1, 20), 0, 10)).toBe(true);
    expect(ahead.gathers(busy(9, 180), 0, 10)).toBe(false);
    expect(ahead.gathers(busy(1, 20), 0, 1_000_000)).toBe(false);
    ahead.observe(1, 5_000);
    expect(ahead.gathers(busy(1, 20), 1, 10)).toBe(false);
  });

  it('keeps large calls and long rows of calls back', () => {
    const ahead = new SendAhead();
    ahead.observe(0, 1);
    expect(ahead.allows(busy(1, 1), 0, 1_000_000)).toBe(false);
    expect(ahead.allows(busy(32, 32), 0, 10)).toBe(false);
  });
});
