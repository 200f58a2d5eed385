import type { Overview } from '@torchweave/dashboard-contract';
import { describe, expect, it } from 'vitest';
import { countsOf, summaryOf } from './sections.js';

const none = { serving: 0, degraded: 0, 'not serving': 0, preparing: 0, draining: 0, unknown: 0 };
const calm: Overview = {
  at: '2026-11-28T03:00:00Z',
  parts: [{ kind: 'api', id: 'api-1', health: { state: 'serving' }, facts: [] }],
  workflows: { ...none, serving: 12 },
  attention: [],
  operations: { waiting: 0, running: 0, failedLastDay: 0, recent: [] },
};

describe('the sidebar', () => {
  it('counts what there is when all is well', () => {
    expect(countsOf(calm)['Workflows']).toEqual({ text: '12', meaning: '12 registered', needsLook: false });
    expect(countsOf(calm)['Operations']).toBeUndefined();
  });
  it('counts what needs a look when it is not', () => {
    const counts = countsOf({ ...calm, workflows: { ...none, serving: 10, degraded: 2 } });
    expect(counts['Workflows']).toMatchObject({ text: '2/12', needsLook: true });
  });
});

describe('the installation in one word', () => {
  it('is the worst of what it is made of', () => {
    expect(summaryOf(calm).words).toBe('all serving');
    expect(summaryOf({ ...calm, workflows: { ...none, serving: 1, unknown: 1 } }).state).toBe('unknown');
    expect(summaryOf({ ...calm, attention: [{ health: { state: 'degraded' }, title: 'x', href: 'x' }] }).state).toBe(
      'degraded',
    );
    expect(summaryOf({ ...calm, workflows: { ...none, 'not serving': 1, unknown: 1 } }).state).toBe('not serving');
  });
});
