import {
  boolean,
  fraction,
  keyValueList,
  oneOf,
  orUnset,
  text,
  textLike,
  urlOf,
  wholeNumber,
} from '../setting-values.js';
import { milliseconds } from './bounds.js';
import type { Setting } from './setting.js';

const collectorUrl = urlOf(/^https?:$/, 'http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:4318');
/** The one that is spoken here. */
const protocol = textLike(/^http\/protobuf$/, 'http/protobuf');
const sampler = oneOf(
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
);

/** Traces, by the names and meanings that OpenTelemetry has for all programs; a variable that is empty is not set. */
export const tracingSettings = {
  otelSdkDisabled: {
    variable: 'OTEL_SDK_DISABLED',
    description: 'true: no traces, whatever else is set (default false)',
    schema: orUnset(boolean.default(false)),
  },
  otelTracesExporter: {
    variable: 'OTEL_TRACES_EXPORTER',
    description: 'otlp, or none for no traces (default otlp)',
    schema: orUnset(oneOf('otlp', 'none').default('otlp')),
  },
  otlpEndpoint: {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description: 'URL of a collector, below which traces are posted to v1/traces; no traces without',
    schema: orUnset(collectorUrl.optional()),
  },
  otlpTracesEndpoint: {
    variable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    description: 'URL that traces are posted to as it is, instead',
    schema: orUnset(collectorUrl.optional()),
  },
  otlpProtocol: {
    variable: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    description: 'http/protobuf',
    schema: orUnset(protocol.optional()),
  },
  otlpTracesProtocol: {
    variable: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    description: 'http/protobuf',
    schema: orUnset(protocol.optional()),
  },
  otlpTimeoutMs: {
    variable: 'OTEL_EXPORTER_OTLP_TIMEOUT',
    description: 'ms that the collector may take for a batch (default 10000)',
    schema: orUnset(milliseconds.default(10_000)),
  },
  otlpTracesTimeoutMs: {
    variable: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    description: 'the same, for traces',
    schema: orUnset(milliseconds.optional()),
  },
  otelServiceName: {
    variable: 'OTEL_SERVICE_NAME',
    description: 'service.name of all traces (default torchweave, or torchweave-api, -worker, -gateway apart)',
    schema: orUnset(text().optional()),
  },
  otelResourceAttributes: {
    variable: 'OTEL_RESOURCE_ATTRIBUTES',
    description: 'key=value,key=value of all traces, percent-encoded',
    schema: orUnset(keyValueList.default({})),
  },
  otelTracesSampler: {
    variable: 'OTEL_TRACES_SAMPLER',
    description: 'which traces are sent (default parentbased_always_on)',
    schema: orUnset(sampler.default('parentbased_always_on')),
  },
  otelTracesSamplerArg: {
    variable: 'OTEL_TRACES_SAMPLER_ARG',
    description: 'share of the traces, from 0 to 1, for samplers by ratio (default 1)',
    schema: orUnset(fraction.default(1)),
  },
  otelScheduleDelayMs: {
    variable: 'OTEL_BSP_SCHEDULE_DELAY',
    description: 'ms that a span may wait for others to go with it (default 5000)',
    schema: orUnset(milliseconds.default(5_000)),
  },
  otelMaxQueueSize: {
    variable: 'OTEL_BSP_MAX_QUEUE_SIZE',
    description: 'spans that may wait for the collector; what comes beyond is dropped (default 2048)',
    schema: orUnset(wholeNumber(1, 100_000).default(2_048)),
  },
} as const satisfies Record<string, Setting>;
