import { SpanKind, SpanStatusCode, type Span, type SpanOptions } from '@opentelemetry/api';
import type { StartedExchange } from '@torchweave/application';

/** How the span of a request over HTTP begins, by the semantic conventions of servers: nothing of its path, its query or its body. */
export const exchangeOptions = ({ method, route, requestId }: StartedExchange): SpanOptions => ({
  kind: SpanKind.SERVER,
  attributes: {
    'http.request.method': method,
    'http.route': route,
    'torchweave.request_id': requestId,
  },
});

export const exchangeName = ({ method, route }: StartedExchange): string => `${method} ${route}`;

/** A status of 5xx is a failure of the server's; any other is the client's business. */
export function setResponseStatus(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
}
