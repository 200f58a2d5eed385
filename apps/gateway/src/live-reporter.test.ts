import { silentLogger, type LiveReport, type WorkflowFigures } from '@torchweave/application';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LiveReporter } from './live-reporter.js';

const busy = { workflow: 'w' } as WorkflowFigures;
let workflows: readonly WorkflowFigures[];
let written: LiveReport[];
let write: () => Promise<void>;
let reporter: LiveReporter;

beforeEach(() => {
  vi.useFakeTimers();
  [workflows, written, write] = [[], [], () => Promise.resolve()];
  reporter = new LiveReporter('g', {
    figures: { sample: () => ({ windowMs: 1, boundsMs: [], left: 0, workflows }) },
    reports: { write: (_, report) => (written.push(report), write()) },
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
