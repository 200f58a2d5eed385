import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { codeOf } from '@torchweave/kernel';
import type { CollectorWatch } from './collector-watch.js';

export interface BoundedSpansOptions {
  readonly exporter: SpanExporter;
  readonly watch: CollectorWatch;
  /** Spans that wait or are on their way; what comes beyond is dropped. */
  readonly maxSpans: number;
  /** ms that a span may wait for others to go with it. */
  readonly delayMs: number;
}

const largestBatch = 512;

/** Sends spans in batches, beside the work and within bounds: none is waited for, and what is lost is counted. */
export class BoundedSpans implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private waiting = 0;

  constructor(private readonly options: BoundedSpansOptions) {
    const { exporter, maxSpans, delayMs } = options;
    this.batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => exporter.export(spans, (result) => this.exported(spans, result, done)),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: maxSpans,
      maxExportBatchSize: Math.min(largestBatch, maxSpans),
      scheduledDelayMillis: delayMs,
    });
  }

  onStart(): void {
    // A span counts when it ends.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.waiting >= this.options.maxSpans) return this.options.watch.drop();
    this.waiting += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  private exported(spans: readonly ReadableSpan[], result: ExportResult, done: (result: ExportResult) => void): void {
    this.waiting -= spans.length;
    if (result.code === ExportResultCode.SUCCESS) this.options.watch.took();
    else this.options.watch.refused(spans.length, reasonOf(result.error));
    done(result);
  }
}

/** A status of HTTP or a code of the system; the exporter's own words are not ours. */
function reasonOf(error: Error | undefined): string {
  const code = codeOf(error);
  if (/^\d{3}$/.test(code)) return `it answers ${code}`;
  return code === '' || code === 'undefined' ? 'it does not answer' : code;
}
