import { describe, expect, it } from 'vitest';
import { abandonedRunOf, traceOf } from './job-record.js';

const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };

describe('the trace of a job', () => {
  it('is what its request left, checked', () => {
    expect(traceOf({ data: { schemaVersion: 1, payload: {}, trace } })).toEqual(trace);
  });

  it.each([undefined, null, 'x', [], {}, { trace: 'x' }, { trace: { traceparent: 'x' } }, { trace: [trace] }])(
    'is none in %j',
    (data) => {
      expect(traceOf({ data })).toBeUndefined();
    },
  );
});

describe('an abandoned run', () => {
  const steps = ['fetch-archive', 'reserve-name'].map((name, i) => ({
    name,
    startedAt: `2026-01-01T00:00:0${i}.000Z`,
  }));
  const stalled = { attemptsStarted: 2, attemptsMade: 0, stalledCounter: 1 };
  const error = { code: 'clientGone', data: {} } as never;

  it('is known by its first step and its last', () => {
    const startedAt = new Date('2026-01-01T00:00:00.000Z');
    expect(abandonedRunOf(stalled, { steps })).toEqual({ startedAt, step: 'reserve-name' });
  });

  it.each([
    ['the first', { ...stalled, attemptsStarted: 1 }, { steps }],
    ['one whose worker said that it is to be tried again', { ...stalled, attemptsMade: 1 }, { steps }],
    ['one that no worker was killed in', { ...stalled, stalledCounter: 0 }, { steps }],
    ['one that has failed', stalled, { steps, error }],
    ['one of which nothing is known', stalled, { steps: [] }],
    ['one that began at no time', stalled, { steps: [{ name: 'a', startedAt: 'once' }] }],
  ])('is not %s', (_, job, progress) => {
    expect(abandonedRunOf(job, progress)).toBeUndefined();
  });
});
