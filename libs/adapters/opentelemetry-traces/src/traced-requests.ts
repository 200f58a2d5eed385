import { SpanKind, SpanStatusCode, type Context, type Span, type Tracer } from '@opentelemetry/api';
import type { AttemptSpan, EndedAttempt, RequestOutcome, RequestSpan } from '@torchweave/application';
import type { RequestTelemetry, StartedRequest, TraceContext } from '@torchweave/application';
import type { NodeKind, TorchweaveError, WorkflowNode } from '@torchweave/domain';
import { exchangeName, exchangeOptions, setResponseStatus } from './http-attributes.js';
import { below, parentIn, traceOf } from './span-context.js';

/** A span a prediction, below what its client names, and one below it for each attempt of a node. */
export class TracedRequests implements RequestTelemetry {
  constructor(private readonly tracer: Tracer) {}

  requestStarted(request: StartedRequest): RequestSpan {
    const span = this.tracer.startSpan(exchangeName(request), exchangeOptions(request), parentIn(request.headers));
    if (!span.isRecording()) return new UnsampledRequest(span);
    span.setAttribute('torchweave.workflow', request.workflow);
    return new TracedRequest(this.tracer, span);
  }
}

/** Models are asked over a wire, functions run beside the gateway. */
const spanKinds: Readonly<Record<NodeKind, SpanKind>> = { model: SpanKind.CLIENT, function: SpanKind.INTERNAL };

class TracedRequest implements RequestSpan {
  readonly traceId: string;
  private readonly context: Context;
  private error: TorchweaveError | undefined;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
  ) {
    this.traceId = span.spanContext().traceId;
    this.context = below(span);
  }

  served(version: number): void {
    this.span.setAttribute('torchweave.version', version);
  }

  attemptStarted({ name, kind }: WorkflowNode, attempt: number): AttemptSpan {
    const attributes = { 'torchweave.node': name, 'torchweave.node_kind': kind, 'torchweave.attempt': attempt };
    const options = { kind: spanKinds[kind], attributes };
    return new TracedAttempt(this.tracer.startSpan(`node ${name}`, options, this.context));
  }

  failed(error: TorchweaveError): void {
    this.error = error;
  }

  ended(outcome: RequestOutcome, status?: number): void {
    const { span, error } = this;
    span.setAttribute('torchweave.outcome', outcome);
    if (status !== undefined) setResponseStatus(span, status);
    if (error !== undefined) setError(span, error, outcome === 'failed');
    span.end();
  }
}

class TracedAttempt implements AttemptSpan {
  readonly trace: TraceContext;

  constructor(private readonly span: Span) {
    this.trace = traceOf(span);
  }

  ended({ outcome, waitedMs, error }: EndedAttempt): void {
    const { span } = this;
    span.setAttribute('torchweave.outcome', outcome);
    if (waitedMs !== undefined) span.setAttribute('torchweave.waited_ms', waitedMs);
    if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
    if (error !== undefined) setError(span, error, outcome === 'failed');
    span.end();
  }
}

/** Its code alone: what functions and models say of an error may be anybody's data. */
function setError(span: Span, { code }: TorchweaveError, isFailure: boolean): void {
  span.setAttribute('torchweave.error_code', code);
  if (isFailure) span.setAttribute('error.type', code);
}

const ignore = (): void => undefined;

/** A request that is not to be recorded: whoever goes on with it is told so, and nothing else is done. */
class UnsampledRequest implements RequestSpan {
  readonly traceId: string;
  private readonly attempt: AttemptSpan;

  constructor(span: Span) {
    this.traceId = span.spanContext().traceId;
    this.attempt = { trace: traceOf(span), ended: ignore };
  }

  readonly served = ignore;
  readonly failed = ignore;
  readonly ended = ignore;

  attemptStarted(): AttemptSpan {
    return this.attempt;
  }
}
