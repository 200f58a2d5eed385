import { ROOT_CONTEXT, trace, TraceFlags, type Context, type Span, type TextMapGetter } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { StartedExchange, TraceContext } from '@torchweave/application';

type Carrier = StartedExchange['headers'];

const propagator = new W3CTraceContextPropagator();

const headersOf: TextMapGetter<Carrier> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, name) => {
    const value = carrier[name];
    return typeof value === 'object' ? [...value] : value;
  },
};

/** The place in a trace that headers name; none of them where they name none that is one. */
export const parentIn = (headers: Carrier): Context => propagator.extract(ROOT_CONTEXT, headers, headersOf);

/** The place in a trace that was carried here. */
export const parentOf = (carried: TraceContext | undefined): Context =>
  carried === undefined ? ROOT_CONTEXT : parentIn({ ...carried });

/** What is begun in it is a child of the span. */
export const below = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span);

/** What whoever goes on with the span is given. */
export function traceOf(span: Span): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  const traceparent = `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
  const tracestate = traceState?.serialize() ?? '';
  return tracestate === '' ? { traceparent } : { traceparent, tracestate };
}
