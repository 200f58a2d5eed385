import type { WorkflowRow, WorkflowsPage } from '@torchweave/dashboard-contract';
import { describe, expect, it } from 'vitest';
import { noRows, pagesFor, rowAt, withPage } from './row-pages.js';

const row = (name: string, requestsPerSecond = 0): WorkflowRow => ({
  ...{ name, version: 1, registeredAt: '2026-11-28T03:00:00Z' },
  health: { state: 'serving' },
  live: { requestsPerSecond, errorRate: 0 },
});
const page = (...rows: WorkflowRow[]): WorkflowsPage => ({ at: 'now', total: 10_000, matched: 10_000, rows });

describe('rows of a long list', () => {
  it('are asked for in pages', () => {
    expect(pagesFor(0, 30)).toEqual([0]);
    expect(pagesFor(90, 130)).toEqual([0, 1]);
    expect(pagesFor(9_990, 9_999)).toEqual([99]);
  });

  it('are found by their place', () => {
    const rows = withPage(noRows, 3, page(row('a'), row('b')));
    expect(rowAt(rows, 301)?.name).toBe('b');
    expect(rowAt(rows, 1)).toBeUndefined();
  });

  it('change their figures in place', () => {
    const rows = withPage(withPage(noRows, 0, page(row('a', 1), row('b', 2))), 0, page(row('a', 5), row('b', 6)));
    expect([rowAt(rows, 0)?.live.requestsPerSecond, rows.hasNewOrder]).toEqual([5, false]);
  });

  it('do not jump while one reads: a new order waits', () => {
    const rows = withPage(withPage(noRows, 0, page(row('a', 1), row('b', 2))), 0, page(row('b', 9), row('a', 3)));
    expect([rowAt(rows, 0)?.name, rowAt(rows, 0)?.live.requestsPerSecond, rows.hasNewOrder]).toEqual(['a', 3, true]);
  });
});
