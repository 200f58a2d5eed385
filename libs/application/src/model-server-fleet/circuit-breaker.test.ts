import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

describe('CircuitBreaker', () => {
  let time: number;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    time = 0;
    breaker = new CircuitBreaker({ failuresToOpen: 3, openMs: 100 }, () => time);
  });
  const failTimes = (times: number): boolean[] => Array.from({ length: times }, () => breaker.fail());

  it('opens with the last of some failures in a row, and says so once', () => {
    expect(failTimes(4)).toEqual([false, false, true, false]);
    expect([breaker.isOpen, breaker.admits]).toEqual([true, false]);
  });

  it('counts anew after an answer', () => {
    failTimes(2);
    breaker.succeed();
    failTimes(2);
    expect([breaker.isOpen, breaker.admits]).toEqual([false, true]);
  });

  it('lets one call try after a while, and no other until that has ended', () => {
    failTimes(3);
    time = 99;
    expect(breaker.admits).toBe(false);
    time = 100;
    expect(breaker.admits).toBe(true);
    breaker.begin();
    expect(breaker.admits).toBe(false);
  });

  it('closes when the try is answered', () => {
    failTimes(3);
    time = 100;
    breaker.begin();
    breaker.succeed();
    expect([breaker.isOpen, breaker.admits]).toEqual([false, true]);
    expect(failTimes(2)).toEqual([false, false]);
  });

  it('stays open for another while when the try fails', () => {
    failTimes(3);
    time = 100;
    breaker.begin();
    time = 150;
    expect(breaker.fail()).toBe(false);
    time = 249;
    expect(breaker.admits).toBe(false);
    time = 250;
    expect(breaker.admits).toBe(true);
  });

  it('lets another call try when the one that tried never ends', () => {
    failTimes(3);
    time = 100;
    breaker.begin();
    time = 200;
    expect(breaker.admits).toBe(true);
  });

  it('lets a call try at once on a sign of life, and does nothing while it is closed', () => {
    breaker.halfOpen();
    expect(breaker.isOpen).toBe(false);
    failTimes(3);
    breaker.halfOpen();
    expect([breaker.isOpen, breaker.admits]).toEqual([true, true]);
  });
});
