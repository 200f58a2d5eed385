import type { TraceContext } from '../ports/telemetry.js';

/** Version 00: a trace and a span, of which neither is all zeroes, and flags. */
const traceparentPattern = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** Printable ASCII, as long as W3C has it handed on. */
const tracestatePattern = /^[\x20-\x7e]{1,512}$/;

/** What is stored of a trace, checked; undefined where it is none. A `tracestate` that is none is left out. */
export function readTraceContext(stored: unknown): TraceContext | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { traceparent, tracestate } = stored as Readonly<Record<string, unknown>>;
  if (typeof traceparent !== 'string' || !traceparentPattern.test(traceparent)) return undefined;
  const hasState = typeof tracestate === 'string' && tracestatePattern.test(tracestate);
  return hasState ? { traceparent, tracestate } : { traceparent };
}

const isOfTrace = (name: string): boolean => /^trace(?:parent|state)$/i.test(name);

/** A client's headers, of the given place in its trace instead of its own. */
export function withTrace(
  headers: Readonly<Record<string, string>>,
  { traceparent, tracestate }: TraceContext,
): Record<string, string> {
  const others = Object.entries(headers).filter(([name]) => !isOfTrace(name));
  return { ...Object.fromEntries(others), traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
}
