import type { TorchweaveError, WorkflowNode } from '@torchweave/domain';
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
  const observers = present(given);
  if (observers.length < 2) return observers[0];
  return {
    requestStarted: (request) => new RequestSpans(observers.map((each) => each.requestStarted(request))),
  };
}

/** Joins who observes jobs, as {@link observeRequests}. */
export function observeJobs(...given: Observers<JobTelemetry>): JobTelemetry | undefined {
  const observers = present(given);
  if (observers.length < 2) return observers[0];
  return { jobStarted: (job) => new JobSpans(observers.map((each) => each.jobStarted(job))) };
}

class RequestSpans implements RequestSpan {
  constructor(private readonly spans: readonly RequestSpan[]) {}

  /** Of the first that has one. */
  get traceId(): string | undefined {
    return this.spans.find(({ traceId }) => traceId !== undefined)?.traceId;
  }

  served(version: number): void {
    for (const span of this.spans) span.served(version);
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    return new AttemptSpans(this.spans.map((span) => span.attemptStarted(node, attempt)));
  }

  failed(error: TorchweaveError): void {
    for (const span of this.spans) span.failed(error);
  }

  ended(outcome: RequestOutcome, status?: number): void {
    for (const span of this.spans) span.ended(outcome, status);
  }
}

class AttemptSpans implements AttemptSpan {
  constructor(private readonly spans: readonly AttemptSpan[]) {}

  /** Of the first that has one. */
  get trace(): TraceContext | undefined {
    return this.spans.find(({ trace }) => trace !== undefined)?.trace;
  }

  ended(attempt: EndedAttempt): void {
    for (const span of this.spans) span.ended(attempt);
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
