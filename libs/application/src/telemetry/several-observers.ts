import type { NodeInput, NodeOutput, TorchweaveError, WorkflowNode } from '@torchweave/domain';
import type {
  AttemptSpan,
  EndedAttempt,
  JobOutcome,
  JobSpan,
  JobTelemetry,
  RequestOutcome,
  RequestSpan,
  RequestTelemetry,
  StepSpan,
  TraceContext,
} from '../ports/telemetry.js';

/** What {@link observeRequests} and {@link observeJobs} join; an observer that is not there is passed over. */
type Observers<T> = readonly (T | undefined)[];

const present = <T>(observers: Observers<T>): T[] => observers.filter((each) => each !== undefined);

/** Joins who observes requests. One alone is given back as it is: it costs what it costs by itself. */
export function observeRequests(...given: Observers<RequestTelemetry>): RequestTelemetry | undefined {
  const [first, ...others] = present(given);
  return first === undefined ? undefined : others.reduce(pairOf, first);
}

const pairOf = (first: RequestTelemetry, second: RequestTelemetry): RequestTelemetry => ({
  requestStarted: (request) => new RequestSpanPair(first.requestStarted(request), second.requestStarted(request)),
});

/** Joins who observes jobs, as {@link observeRequests}. */
export function observeJobs(...given: Observers<JobTelemetry>): JobTelemetry | undefined {
  const observers = present(given);
  if (observers.length < 2) return observers[0];
  return { jobStarted: (job) => new JobSpans(observers.map((each) => each.jobStarted(job))) };
}

/** Pairs, not lists: every prediction makes one, and one more for each attempt. */
class RequestSpanPair implements RequestSpan {
  constructor(
    private readonly first: RequestSpan,
    private readonly second: RequestSpan,
  ) {}

  /** Of the first that has one. */
  get traceId(): string | undefined {
    return this.first.traceId ?? this.second.traceId;
  }

  served(version: number): void {
    this.first.served(version);
    this.second.served(version);
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    return new AttemptSpanPair(this.first.attemptStarted(node, attempt), this.second.attemptStarted(node, attempt));
  }

  failed(error: TorchweaveError): void {
    this.first.failed(error);
    this.second.failed(error);
  }

  ended(outcome: RequestOutcome, status?: number): void {
    this.first.ended(outcome, status);
    this.second.ended(outcome, status);
  }
}

class AttemptSpanPair implements AttemptSpan {
  constructor(
    private readonly first: AttemptSpan,
    private readonly second: AttemptSpan,
  ) {}

  /** Of the first that has one. */
  get trace(): TraceContext | undefined {
    return this.first.trace ?? this.second.trace;
  }

  received(input: NodeInput): void {
    this.first.received?.(input);
    this.second.received?.(input);
  }

  answered(output: NodeOutput): void {
    this.first.answered?.(output);
    this.second.answered?.(output);
  }

  ended(attempt: EndedAttempt): void {
    this.first.ended(attempt);
    this.second.ended(attempt);
  }
}

class JobSpans implements JobSpan {
  constructor(private readonly spans: readonly JobSpan[]) {}

  stepStarted(step: string): StepSpan {
    const spans = this.spans.map((span) => span.stepStarted(step));
    return { ended: (...end) => spans.forEach((span) => span.ended(...end)) };
  }

  concerns(workflow: string): void {
    for (const span of this.spans) span.concerns(workflow);
  }

  ended(outcome: JobOutcome, durationMs: number, error?: TorchweaveError): void {
    for (const span of this.spans) span.ended(outcome, durationMs, error);
  }
}
