import { silentLogger } from '@torchweave/application';
import { TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveFigures } from './live-figures.js';
import { Monitoring } from './monitoring.js';
import { WorkflowMetrics } from './workflow-metrics.js';

const net = { name: 'net' } as WorkflowNode;
const failure = new TorchweaveError('nodeFailed', { node: 'net', attempts: 1, reason: 'it broke' });

describe('LiveFigures', () => {
  let served: Map<string, number>;
  let metrics: WorkflowMetrics;
  let figures: LiveFigures;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] });
    served = new Map([['digits', 1]]);
    metrics = new WorkflowMetrics(new Monitoring('gateway', silentLogger), (name) => served.get(name));
    figures = new LiveFigures(() => metrics.all());
    return () => vi.useRealTimers();
  });

  function run(workflow: string, error?: TorchweaveError, version = 1): void {
    const request = metrics.requestStarted({ workflow, requestId: 'r1' });
    request.served(version);
    const outcome = error === undefined ? 'ok' : 'failed';
    const attempt = request.attemptStarted(net, 1);
    attempt.ended({ outcome, durationMs: 4, waitedMs: 1, ...(error === undefined ? {} : { error }) });
    if (error !== undefined) request.failed(error);
    vi.advanceTimersByTime(4);
    request.ended(outcome);
  }

  it('are of what has ended in the last seconds, by version and node, and then of nothing', () => {
    expect(figures.sample().workflows).toEqual([]);
    run('digits');
    run('digits', failure);
    vi.advanceTimersByTime(992);
    const { workflows, windowMs, boundsMs } = figures.sample();
    expect([windowMs, boundsMs.slice(0, 3)]).toEqual([1_000, [1, 2.5, 5]]);
    expect(workflows).toMatchObject([
      {
        ...{ workflow: 'digits', total: { requests: 2, failed: 1 }, versions: { 1: { requests: 2, failed: 1 } } },
        nodes: { net: { requests: 2, failed: 1, retries: 0, running: 0, waiting: 0 } },
      },
    ]);
    expect(workflows[0]?.total.buckets.slice(0, 3)).toEqual([0, 0, 2]);
    expect(workflows[0]?.versions[1]?.buckets).toEqual(workflows[0]?.total.buckets);
    for (let seconds = 0; seconds < 12; seconds += 1) {
      vi.advanceTimersByTime(1_000);
      figures.sample();
    }
    expect(figures.sample().workflows).toEqual([]);
  });

  it('tell since when a node fails, and what a client was told last, with its request', () => {
    run('digits', failure);
    const since = new Date().toISOString();
    const nodeOf = (): unknown => figures.sample().workflows[0]?.nodes['net'];
    const lastFault = { errorCode: 'nodeFailed', message: 'Error executing net: it broke', requestId: 'r1' };
    expect(nodeOf()).toMatchObject({ failed: 1, failingSince: since, lastFault });
    vi.advanceTimersByTime(1_000);
    run('digits', failure);
    expect(nodeOf()).toMatchObject({ failed: 2, failingSince: since });
  });

  it('count no fault of a client', () => {
    run('digits', new TorchweaveError('nodeRaised', { node: 'net', status: 404, message: 'no such thing' }));
    const [told] = figures.sample().workflows;
    expect(told?.nodes['net']).toMatchObject({ requests: 1, failed: 0 });
    expect(told?.nodes['net']).not.toHaveProperty('lastFault');
  });

  it('tell what is under way, however long it takes', () => {
    metrics.requestStarted({ workflow: 'digits', requestId: 'r' }).attemptStarted(net, 1);
    vi.advanceTimersByTime(60_000);
    figures.sample();
    figures.sample();
    expect(figures.sample().workflows).toMatchObject([{ nodes: { net: { running: 1, requests: 0 } } }]);
  });

  it('are those of the busiest workflows, and tell of how many there are more', () => {
    for (let i = 0; i < 203; i += 1) {
      served.set(`w${i}`, i);
      run(`w${i}`);
    }
    run('w202');
    const { workflows, left } = figures.sample();
    expect([workflows.length, left, workflows[0]?.workflow]).toEqual([200, 3, 'w202']);
  });

  it('leave out the less busy ones where those before them have many nodes', () => {
    for (const [workflow, times] of [
      ['large', 2],
      ['other', 1],
    ] as const) {
      served.set(workflow, 1);
      for (let i = 0; i < times; i += 1) run(workflow);
    }
    const request = metrics.requestStarted({ workflow: 'large', requestId: 'r2' });
    request.served(1);
    for (let i = 0; i < 2_000; i += 1) request.attemptStarted({ name: `n${i}` } as WorkflowNode, 1);
    const { workflows, left } = figures.sample();
    expect([workflows.map(({ workflow }) => workflow), left]).toEqual([['large'], 1]);
  });

  it('tell no times of a version while it is counted anew for itself, or no more', () => {
    const bucketsOf = (version: number): readonly number[] =>
      figures.sample().workflows[0]?.versions[version]?.buckets ?? [];
    const pass = (seconds: number): void => {
      for (let i = 0; i < seconds; i += 1) {
        vi.advanceTimersByTime(1_000);
        figures.sample();
      }
    };
    for (let i = 0; i < 5; i += 1) run('digits');
    pass(11);
    run('digits', undefined, 2);
    run('digits');
    expect([bucketsOf(1), bucketsOf(2).reduce((sum, count) => sum + count, 0)]).toEqual([[], 1]);
    pass(11);
    run('digits');
    expect(bucketsOf(1).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect([...bucketsOf(1), ...bucketsOf(2)].every((count) => count >= 0)).toBe(true);
  });
});
