import { describe, expect, it } from 'vitest';
import {
  cpuSecondsOf,
  holdingsOf,
  machineBusySeconds,
  memoryOf,
  parseSmapsRollup,
  parseStat,
  processTree,
} from './proc-stats.js';

const rest = '0 0 20 0 11 0 5000 1000000 25 18446744073709551615';

describe('parseStat', () => {
  it('reads parent, CPU time with that of ended children, threads and resident memory', () => {
    const text = `42 (node) S 7 42 42 0 -1 4194560 1 2 3 4 100 50 20 30 ${rest.slice(4)}`;
    expect(parseStat(text)).toEqual({ pid: 42, parent: 7, cpuSeconds: 2, threads: 11, residentBytes: 102_400 });
  });

  it('is not misled by a command with parentheses and spaces', () => {
    const text = `42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 50 20 30 ${rest.slice(4)}`;
    expect(parseStat(text).parent).toBe(7);
  });
});

describe('parseSmapsRollup', () => {
  it('reads resident and proportional memory', () => {
    const text = [
      '5581-7ffe ---p 00000000 00:00 0 [rollup]',
      'Rss:       2000 kB',
      'Pss:       1000 kB',
      'Pss_Dirty:  900 kB',
    ];
    expect(parseSmapsRollup(text.join('\n'))).toEqual({ resident: 2_048_000, proportional: 1_024_000 });
  });

  it('counts a process that is gone as nothing', () => {
    expect(parseSmapsRollup('')).toEqual({ resident: 0, proportional: 0 });
  });
});

describe('machineBusySeconds', () => {
  it('counts what is neither idle nor waiting for a disk', () => {
    expect(machineBusySeconds('cpu  100 20 300 9000 800 4 6 70 0 0\ncpu0 1 2 3\n')).toBe(4.3);
  });
});

describe.skipIf(process.platform !== 'linux')('this process', () => {
  it('is the root of its tree, uses time and holds memory, threads and descriptors', () => {
    expect(processTree([process.pid]).map(({ pid }) => pid)).toContain(process.pid);
    expect(cpuSecondsOf([process.pid])).toBeGreaterThan(0);
    const holdings = holdingsOf([process.pid]);
    expect(Math.min(holdings.processes, holdings.threads, holdings.descriptors)).toBeGreaterThan(0);
    const { resident, proportional } = memoryOf([process.pid]);
    expect(resident).toBeGreaterThanOrEqual(proportional);
    expect(proportional).toBeGreaterThan(0);
  });

  it('has no tree without a process', () => {
    expect(processTree([])).toEqual([]);
    expect(holdingsOf([])).toEqual({ processes: 0, threads: 0, descriptors: 0, residentBytes: 0 });
  });
});
