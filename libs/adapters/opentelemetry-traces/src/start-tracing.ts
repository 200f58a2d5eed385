import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger, Tracing } from '@torchweave/application';
import { atMost } from '@torchweave/kernel';
import { BoundedSpans } from './bounded-spans.js';
import { ChosenIds } from './chosen-ids.js';
import { CollectorWatch } from './collector-watch.js';
import { createSampler, type SamplerName } from './sampler.js';
import { TracedChanges } from './traced-changes.js';
import { TracedJobs } from './traced-jobs.js';
import { TracedRequests } from './traced-requests.js';

export interface TracingOptions {
  /** Where spans are posted to as OTLP over HTTP, in protobuf. */
  readonly url: string;
  /** ms that one batch may take, tries included. */
  readonly timeoutMs: number;
  readonly sampler: SamplerName;
  /** Share of the traces that are sampled, for samplers by ratio. */
  readonly ratio: number;
  /** What the process is, `service.name` among it. */
  readonly resource: Readonly<Record<string, string>>;
  /** ms that a span may wait for others to go with it. */
  readonly delayMs: number;
  /** Spans that may wait; what comes beyond is dropped. */
  readonly maxSpans: number;
  readonly logger: Logger;
}

/** ms that the end of the process may wait for the last spans. */
const longestFarewellMs = 2_000;
/** Characters of an attribute: what clients name may be long. */
const longestValue = 256;
const spanLimits = {
  attributeValueLengthLimit: longestValue,
  attributeCountLimit: 32,
  eventCountLimit: 0,
  linkCountLimit: 0,
};

/**
 * Traces what is observed, and sends it. Headers, compression and certificates for the collector are read by the exporter, from
 * the standard variables.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { url, timeoutMs, sampler, ratio, maxSpans, delayMs, logger } = options;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: timeoutMs });
  const watch = new CollectorWatch(new URL(url).origin, logger);
  const idGenerator = new ChosenIds();
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(options.resource)),
    sampler: createSampler(sampler, ratio),
    spanLimits,
    idGenerator,
    spanProcessors: [new BoundedSpans({ exporter, watch, maxSpans, delayMs })],
  });
  const tracer = provider.getTracer('torchweave');
  return {
    requests: new TracedRequests(tracer),
    changes: new TracedChanges(tracer),
    jobs: new TracedJobs(tracer, idGenerator),
    close: () => {
      // What was not taken has been told.
      const ended = provider.shutdown().catch(() => undefined);
      return atMost(longestFarewellMs, ended);
    },
  };
}
