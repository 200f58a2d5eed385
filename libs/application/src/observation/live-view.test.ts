import { describe, expect, it } from 'vitest';
import type { AgedLiveReport } from '../ports/live-reports.js';
import { LiveView } from './live-view.js';

const reportOf = (buckets: readonly number[]): AgedLiveReport => ({
  ...{ version: '1.0.0', startedAt: '2026-01-01T00:00:00Z', windowMs: 1_000, boundsMs: [10, 100], left: 0, ageMs: 0 },
  workflows: [{ workflow: 'w', total: { requests: 4, failed: 0, buckets }, versions: {}, nodes: {} }],
});

describe('LiveView', () => {
  it.each([
    [[4, 0, 0], { p50Ms: 5, p99Ms: 9.9 }],
    [[0, 0, 4], { p50Ms: 100, p99Ms: 100 }],
    [[2, 0, 2], { p50Ms: 10, p99Ms: 100 }],
    [[], {}],
    [[0, 0, 0], {}],
    // Of a gateway that counts wrongly.
    [[-3, 0, 0], {}],
    [[-1, 3, 0], { p50Ms: 40, p99Ms: 69.4 }],
  ])('tells times of the buckets %j that are numbers, or none', (buckets, times) => {
    const { p50Ms, p99Ms } = new LiveView([reportOf(buckets)]).workflow('w');
    expect({ p50Ms, p99Ms }).toEqual(times);
  });
});
