import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atMost, within } from './within.js';

const never = new Promise<string>(() => undefined);
const late = (): Error => new Error('too late');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('within', () => {
  it('settles as the task does, and leaves no timer', async () => {
    expect(await within(1_000, Promise.resolve('done'), late)).toBe('done');
    await expect(within(1_000, Promise.reject(new Error('its own')), late)).rejects.toThrow('its own');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects when the time is over, not before', async () => {
    const outcome = within(1_000, never, late).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(await Promise.race([outcome, Promise.resolve('waits')])).toBe('waits');
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual(late());
  });

  it('leaves a failure that comes too late to nobody', async () => {
    let fail: (error: Error) => void = () => undefined;
    const outcome = within(1, new Promise((_, reject) => (fail = reject)), late).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toEqual(late());
    fail(new Error('unheard'));
  });
});

describe('atMost', () => {
  it('ends with the task or with the time, and leaves no timer', async () => {
    await atMost(1_000, Promise.resolve());
    await expect(atMost(1_000, Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    const waiting = atMost(1_000, never);
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
  });
});
