import { describe, expect, it } from 'vitest';
import { seriesOf } from './series.js';

const at = Date.parse('2026-01-01T00:00:00.000Z');

describe('seriesOf', () => {
  it('sums what gateways have told of a step, from the first point to now', () => {
    const points = [
      { at, requestsPerSecond: 10, errorRate: 0.2, p99Ms: 5 },
      { at, requestsPerSecond: 30, errorRate: 0, p99Ms: 9 },
      { at: at + 20_000, requestsPerSecond: 0, errorRate: 0 },
      { at: at + 30_000, requestsPerSecond: 1, errorRate: 1, p99Ms: 2 },
    ];
    expect(seriesOf(points, at + 44_000)).toEqual({
      ...{ startedAt: '2026-01-01T00:00:00.000Z', stepMs: 10_000 },
      requestsPerSecond: [40, 0, 0, 1, 0],
      errorRate: [0.05, null, null, 1, null],
      p99Ms: [9, null, null, 2, null],
    });
  });

  it('is empty where nothing was told, and no shorter where a gateway’s clock is ahead', () => {
    expect(seriesOf([], at)).toMatchObject({ requestsPerSecond: [], errorRate: [], p99Ms: [] });
    const ahead = [{ at: at + 60_000, requestsPerSecond: 2, errorRate: 0 }];
    expect(seriesOf(ahead, at).requestsPerSecond).toEqual([2]);
  });
});
