import type { NodeInput, NodeOutput, TorchweaveError, WorkflowNode } from '@torchweave/domain';

/**
 * Who observes what happens here: metrics and traces by the same ports, several of them by `observeRequests` and `observeJobs`. A
 * span is given at a beginning and given its end, once. All of it is called on the hot path: it returns at once, and never throws.
 */
export interface RequestTelemetry {
  requestStarted(request: StartedRequest): RequestSpan;
}

/** Beside {@link RequestTelemetry}: what a worker does. */
export interface JobTelemetry {
  jobStarted(job: StartedJob): JobSpan;
}

/** Beside {@link RequestTelemetry}: what an api is asked to change. */
export interface ChangeTelemetry {
  changeStarted(change: StartedChange): ChangeSpan;
}

/** Where in a trace something stands, as W3C Trace Context writes it, for whoever goes on with it. */
export interface TraceContext {
  /** Version, trace, span and flags: 55 characters. */
  readonly traceparent: string;
  /** What vendors say beside it: at most 512 characters. */
  readonly tracestate?: string;
}

/** Traces of what a process does. */
export interface Tracing {
  readonly requests: RequestTelemetry;
  readonly changes: ChangeTelemetry;
  readonly jobs: JobTelemetry;
  /** Sends what is left, within a bounded time. */
  close(): Promise<void>;
}

/** A request over HTTP whose head has been read. */
export interface StartedExchange {
  readonly method: string;
  /** The pattern that its path matched, never the path. */
  readonly route: string;
  readonly requestId: string;
  /** As the client sent them, names in lower case: what of them is told further is for each observer to say. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A prediction whose head has been read. */
export interface StartedRequest extends StartedExchange {
  /** As the client names it: there may be no such workflow. */
  readonly workflow: string;
  /** Whether its client wants it kept, and may want that. */
  readonly isAsked?: boolean;
}

/** A request to the management API that changes something. */
export type StartedChange = StartedExchange;

/** How a request ended that has an answer: by its status; without one where the client was gone. */
export interface ChangeSpan {
  readonly trace: TraceContext;
  ended(status: number | undefined): void;
}

/** How a request ended, as its client saw it. */
export type RequestOutcome = 'ok' | 'client_error' | 'failed' | 'cancelled';

export interface RequestSpan {
  /** 32 digits, where it is part of a trace: for the log. */
  readonly traceId?: string | undefined;
  /** It is known which version of the workflow is to answer. */
  served(version: number): void;
  /** @param attempt 1 for the first. */
  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan;
  /** Why it is answered an error; it still has to end. */
  failed(error: TorchweaveError): void;
  /**
   * Its answer is sent, or its client is gone.
   *
   * @param status of the answer; absent where none was sent.
   */
  ended(outcome: RequestOutcome, status?: number): void;
}

/** How an attempt of a node ended; one that was cancelled because of another node or of the client has not failed. */
export type AttemptOutcome = 'ok' | 'failed' | 'cancelled';

/** One attempt of a node that has ended. Durations in ms. */
export interface EndedAttempt {
  readonly outcome: AttemptOutcome;
  readonly durationMs: number;
  /** How much of it passed before the node began, where that is known. */
  readonly waitedMs?: number | undefined;
  /** Why it has not gone well. */
  readonly error?: TorchweaveError;
  /** The model server that it ran on, where that is known. */
  readonly place?: string | undefined;
}

export interface AttemptSpan {
  /** What the function or the model is given, where it is part of a trace. */
  readonly trace?: TraceContext | undefined;
  /** What the node is given, for whoever wants to know; its memory is given back. */
  received?(input: NodeInput): void;
  /** What the node answered, as {@link received}. */
  answered?(output: NodeOutput): void;
  ended(attempt: EndedAttempt): void;
}

/** A job that a worker has taken up, for the first time or again. */
export interface StartedJob {
  /** Of another name than those of the catalogue only where a newer version left it. */
  readonly name: string;
  readonly operationId: string;
  /** Which run of the job it is: 1 for the first. */
  readonly run: number;
  /** Of the request that asked for it. */
  readonly trace?: TraceContext | undefined;
  /** The run before, where its worker is gone without a word. */
  readonly abandoned?: AbandonedRun | undefined;
}

/** A run of a job that came to no end. */
export interface AbandonedRun {
  readonly startedAt: Date;
  /** What it was last known to be at. */
  readonly step: string;
}

/** How a run of a job ended. `retried`: left to another attempt; `left`: to a newer worker, without one. */
export type JobOutcome = 'succeeded' | 'failed' | 'retried' | 'left';

export interface JobSpan {
  stepStarted(step: string): StepSpan;
  /** The workflow that it is about is known. */
  concerns(workflow: string): void;
  /** @param durationMs of the run, without its wait in the queue. */
  ended(outcome: JobOutcome, durationMs: number, error?: TorchweaveError): void;
}

export interface StepSpan {
  ended(outcome: 'succeeded' | 'failed', durationMs: number, error?: TorchweaveError): void;
}

/**
 * What became of a copy of a request: `answered`, where nothing was compared; `same`, or another status or body than the client
 * got; `failed` by the server's fault where the request did not; `dropped`, not run to its end for want of room.
 */
export const shadowOutcomes = [
  ...(['answered', 'same', 'different_status', 'different_body', 'failed', 'dropped'] as const),
] as const;
export type ShadowOutcome = (typeof shadowOutcomes)[number];

/** A copy of a request that has ended. */
export interface EndedShadow {
  readonly workflow: string;
  /** The version that got it. */
  readonly version: number;
  readonly outcome: ShadowOutcome;
  /** ms; of one that was not dropped. */
  readonly durationMs?: number;
}

/** Beside {@link RequestTelemetry}: what becomes of copies. */
export interface ShadowTelemetry {
  shadowEnded(shadow: EndedShadow): void;
}
