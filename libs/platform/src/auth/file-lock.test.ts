import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileLock, LockedError } from './file-lock.js';

describe('FileLock', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'torchweave-lock-'));
    path = join(directory, 'lock');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const left = (ageMs: number): void => {
    writeFileSync(path, 'of another process');
    const then = new Date(Date.now() - ageMs);
    utimesSync(path, then, then);
  };

  it('is held while the act runs, and gone with it', () => {
    const lock = new FileLock(path);
    expect(
      lock.hold((held) => {
        held.assertHeld();
        return 'done';
      }),
    ).toBe('done');
    expect(() => lock.assertHeld()).toThrow(LockedError);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is gone with an act that fails', () => {
    const fault = new Error('no');
    const act = (): never => {
      throw fault;
    };
    expect(() => new FileLock(path).hold(act)).toThrow(fault);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is not to be had while another process holds it', () => {
    left(0);
    expect(() => new FileLock(path).hold(() => 'done')).toThrow(LockedError);
    expect(readdirSync(directory)).toEqual(['lock']);
  });

  it('is taken from a process that was killed', () => {
    left(6_000);
    expect(new FileLock(path).hold(() => 'done')).toBe('done');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is known to be lost by whoever stood still for too long, and stays with the other', () => {
    new FileLock(path).hold((lock) => {
      left(0);
      expect(() => lock.assertHeld()).toThrow(LockedError);
    });
    expect(readdirSync(directory)).toEqual(['lock']);
  });
});
