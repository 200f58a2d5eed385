import type { TorchweaveError, WorkflowNode } from '@torchweave/domain';

/**
 * Who observes what happens here: metrics today, traces and kept requests by the same two ports. A span is given at a beginning and
 * given its end, once. All of it is called on the hot path: it returns at once, and never throws.
 */
export interface RequestTelemetry {
  requestStarted(request: StartedRequest): RequestSpan;
}

/** Beside {@link RequestTelemetry}: what a worker does. */
export interface JobTelemetry {
  jobStarted(job: StartedJob): JobSpan;
}

/** A prediction whose head has been read. */
export interface StartedRequest {
  /** As the client names it: there may be no such workflow. */
  readonly workflow: string;
  readonly requestId: string;
}

/** How a request ended, as its client saw it. */
export type RequestOutcome = 'ok' | 'client_error' | 'failed' | 'cancelled';

export interface RequestSpan {
  /** It is known which version of the workflow is to answer. */
  served(version: number): void;
  /** @param attempt 1 for the first. */
  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan;
  /** Why it is answered an error; it still has to end. */
  failed(error: TorchweaveError): void;
  /** Its answer is sent, or its client is gone. */
  ended(outcome: RequestOutcome): void;
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
}

export interface AttemptSpan {
  ended(attempt: EndedAttempt): void;
}

/** A job that a worker has taken up, for the first time or again. */
export interface StartedJob {
  /** Of another name than those of the catalogue only where a newer version left it. */
  readonly name: string;
  readonly operationId: string;
}

/** How a run of a job ended. `retried`: left to another attempt; `left`: to a newer worker, without one. */
export type JobOutcome = 'succeeded' | 'failed' | 'retried' | 'left';

export interface JobSpan {
  stepStarted(step: string): StepSpan;
  /** @param durationMs of the run, without its wait in the queue. */
  ended(outcome: JobOutcome, durationMs: number): void;
}

export interface StepSpan {
  ended(outcome: 'succeeded' | 'failed', durationMs: number): void;
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
