import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { silentLogger, type Logger } from '@torchweave/application';
import { describe, expect, it, vi } from 'vitest';
import { BoundedSpans } from './bounded-spans.js';
import { CollectorWatch } from './collector-watch.js';

/** A collector that answers when the test says so. */
function tracing(maxSpans: number) {
  const told: [level: string, data: object][] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (data) => told.push(['warn', data]),
    info: (data) => told.push(['info', data]),
  };
  const batches: { spans: ReadableSpan[]; done: (result: ExportResult) => void }[] = [];
  const exporter = {
    export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => void batches.push({ spans, done }),
    shutdown: () => Promise.resolve(),
  };
  const watch = new CollectorWatch('http://collector:4318', logger);
  const spans = new BoundedSpans({ exporter, watch, maxSpans, delayMs: 1 });
  const tracer = new TracerProvider({ spanProcessors: [spans] }).getTracer('test');
  const trace = (count: number): void => {
    for (let i = 0; i < count; i += 1) tracer.startSpan(`${i}`).end();
  };
  /** Answers the next batch. */
  const answer = async (error?: Error): Promise<number> => {
    const batch = await vi.waitUntil(() => batches.shift());
    batch.done(error === undefined ? { code: ExportResultCode.SUCCESS } : { code: ExportResultCode.FAILED, error });
    return batch.spans.length;
  };
  return { told, trace, answer };
}

const collector = 'http://collector:4318';

describe('spans on their way', () => {
  it('are as many as may wait, and no more; that a collector is too slow is told once, and when it is not any more', async () => {
    const { told, trace, answer } = tracing(10);
    trace(10);
    expect(told).toEqual([]);
    trace(5);
    expect(told).toEqual([['warn', { collector, reason: 'more spans than it takes in time' }]]);
    expect(await answer()).toBe(10);
    trace(12);
    expect(await answer()).toBe(10);
    expect(told).toHaveLength(1);
    trace(3);
    expect(await answer()).toBe(3);
    expect(told.slice(1)).toEqual([['info', { collector, lostSpans: 7 }]]);
  });

  it.each([
    [Object.assign(new Error('library words'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [Object.assign(new Error('library words'), { code: 401 }), 'it answers 401'],
    [new Error('library words'), 'it does not answer'],
  ])('that are not taken are told once, with what we know of it', async (error, reason) => {
    const { told, trace, answer } = tracing(10);
    for (let i = 0; i < 3; i += 1) {
      trace(2);
      await answer(error);
    }
    expect(told).toEqual([['warn', { collector, reason }]]);
    trace(1);
    await answer();
    expect(told.slice(1)).toEqual([['info', { collector, lostSpans: 6 }]]);
    trace(1);
    await answer(error);
    expect(told).toHaveLength(3);
  });
});
