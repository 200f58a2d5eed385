import { silentLogger, type LiveReport, type WorkflowFigures } from '@torchweave/application';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LiveReporter } from './live-reporter.js';

const counted = { requests: 5, failed: 1, buckets: [5] };
const busy: WorkflowFigures = { workflow: 'w', total: counted, versions: {}, nodes: {} };
let points: unknown[][];
let workflows: readonly WorkflowFigures[];
let written: LiveReport[];
let write: () => Promise<void>;
let reporter: LiveReporter;

beforeEach(() => {
  vi.useFakeTimers();
  [workflows, written, write, points] = [[], [], () => Promise.resolve(), []];
  reporter = new LiveReporter('g', {
    figures: { sample: () => ({ windowMs: 1_000, boundsMs: [10], left: 0, workflows }) },
    reports: { write: (_, report) => (written.push(report), write()) },
    history: { add: (...added) => (points.push(added), Promise.resolve()) },
    processes: () => [{ name: 'w', ready: 2 }],
    logger: silentLogger,
  });
});
afterEach(async () => {
  await Promise.all([reporter.close(), vi.runAllTimersAsync()]);
  vi.useRealTimers();
});

it('tells every second what goes on, with the processes of its functions, and at once that nothing does any more', async () => {
  workflows = [busy];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(written.slice(1).map((report) => report.workflows)).toEqual(Array(3).fill([{ ...busy, processes: 2 }]));
  workflows = [];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(written.at(-1)?.workflows).toEqual([]);
});

it('tells of nothing every ten seconds alone', async () => {
  await vi.advanceTimersByTimeAsync(29_000);
  expect(written).toHaveLength(3);
});

it('sends no further report while one is not taken', async () => {
  workflows = [busy];
  write = () => new Promise((resolve) => setTimeout(resolve, 2_500));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(written).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(500);
});

it('leaves a point of each workflow in each step of ten seconds in which something goes on', async () => {
  const startedAt = Math.floor(Date.now() / 10_000) * 10_000;
  workflows = [busy];
  await vi.advanceTimersByTimeAsync(20_000);
  const point = { workflow: 'w', requestsPerSecond: 5, errorRate: 0.2, p99Ms: 9.9 };
  expect(points).toEqual([1, 2].map((step) => ['g', startedAt + step * 10_000, [point]]));
  workflows = [];
  await vi.advanceTimersByTimeAsync(20_000);
  expect(points).toHaveLength(2);
});
