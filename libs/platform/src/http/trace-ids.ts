import type { IncomingMessage } from 'node:http';

const traceIds = new WeakMap<IncomingMessage, string>();

/** Notes the trace of which a request is a part. */
export function noteTrace(request: IncomingMessage, traceId: string): void {
  traceIds.set(request, traceId);
}

/** What log lines of a request tell of its trace, by the name that OpenTelemetry has for it. */
export function traceFields(request: IncomingMessage): { readonly trace_id?: string } {
  const traceId = traceIds.get(request);
  return traceId === undefined ? {} : { trace_id: traceId };
}
