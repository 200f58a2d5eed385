import type { Tracer } from '@opentelemetry/api';
import type { ChangeSpan, ChangeTelemetry, StartedChange } from '@torchweave/application';
import { exchangeName, exchangeOptions, setResponseStatus } from './http-attributes.js';
import { parentIn, traceOf } from './span-context.js';

/** A span a request that changes something, below what its client names. */
export class TracedChanges implements ChangeTelemetry {
  constructor(private readonly tracer: Tracer) {}

  changeStarted(change: StartedChange): ChangeSpan {
    const span = this.tracer.startSpan(exchangeName(change), exchangeOptions(change), parentIn(change.headers));
    return {
      trace: traceOf(span),
      ended: (status) => {
        if (status === undefined) span.setAttribute('torchweave.outcome', 'cancelled');
        else setResponseStatus(span, status);
        span.end();
      },
    };
  }
}
