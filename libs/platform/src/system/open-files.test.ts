import { describe, expect, it } from 'vitest';
import { assertEnoughFiles, connectionsWithin, openFilesLimit, tooFewFiles } from './open-files.js';

const settings = { maxConnections: 4_096, jobConcurrency: 8 };

describe('openFilesLimit', () => {
  it.runIf(process.platform === 'linux')('is a number that Linux tells', () => {
    expect(openFilesLimit()).toBeGreaterThan(100);
  });
});

describe('connectionsWithin', () => {
  it.each([
    [undefined, 4_096],
    [1_048_576, 4_096],
    [64 + 3 * 4_096, 4_096],
    [64 + 3 * 4_096 - 1, 4_095],
    [256, 64],
    [64, 1],
    [0, 1],
  ])('of a limit of %s leaves %i of 4096', (limit, connections) => {
    expect(connectionsWithin(limit, 4_096)).toBe(connections);
  });
});

describe('tooFewFiles', () => {
  it('says nothing where there are enough, or nobody knows', () => {
    expect(tooFewFiles(64 + 3 * 4_096, settings, ['connections', 'jobs'])).toBeUndefined();
    expect(tooFewFiles(undefined, settings, ['connections'])).toBeUndefined();
    expect(tooFewFiles(192, settings, ['jobs'])).toBeUndefined();
    expect(tooFewFiles(1, settings, [])).toBeUndefined();
  });

  it('says of a server how many connections it takes, and what limit it needs', () => {
    const told = tooFewFiles(64 + 3 * 4_096 - 1, settings, ['connections']);
    expect(told?.needed).toBe(12_352);
    expect(told?.message).toMatch(/12351 files open: a server takes 4095 connections .*limit to 12352/);
  });

  it('says of a worker that it has too few for its registrations', () => {
    expect(tooFewFiles(191, settings, ['jobs'])?.message).toMatch(/191 files open, too few for 8 registrations/);
  });
});

describe('assertEnoughFiles', () => {
  it('takes the least, or a limit that nobody knows, and refuses one less', () => {
    for (const limit of [512, undefined]) expect(() => assertEnoughFiles(limit, 512)).not.toThrow();
    expect(() => assertEnoughFiles(511, 512)).toThrow(/^Setting ulimit -n must be at least 512, .*, not "511"\.$/);
  });
});
