import type { ErrorRecord } from '@torchweave/domain';
import type { JobName, JobPayload, JobResult } from '../job-catalogue/job-catalogue.js';

/** One step of an operation, as it is shown to whoever watches. */
export interface OperationStep {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Absent while the step is under way. */
  readonly durationMs?: number;
}

export type OperationPhase = 'waiting' | 'running' | 'succeeded' | 'failed';

/** A long-running registration or unregistration, as `GET /operations/{id}` tells it. */
export interface Operation {
  readonly id: string;
  /** The id by which the state knows its last run, or the one to come: another one where it was begun anew by hand. */
  readonly runsAs: string;
  readonly kind: JobName;
  readonly state: OperationPhase;
  /** The workflow, once known. */
  readonly workflow?: string;
  readonly steps: readonly OperationStep[];
  readonly error?: ErrorRecord;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** How often a worker took it up; more than 1 after a worker died. */
  readonly attempts: number;
}

/** Of an operation that no worker is going to take up any more, or that nobody knows of. */
export const hasEnded = (operation: Operation | undefined): boolean =>
  operation === undefined || operation.state === 'failed' || operation.state === 'succeeded';

/** Where the api leaves work and follows it. */
export interface JobQueue {
  /** Enqueues once: a second call with the same operation id changes nothing. */
  enqueue<Name extends JobName>(name: Name, payload: JobPayload<Name>, operationId: string): Promise<void>;
  /**
   * Waits for the operation's end.
   *
   * @throws the TorchweaveError that the operation failed with; `operationPending` when it has not ended in time.
   */
  waitForEnd<Name extends JobName>(name: Name, operationId: string, timeoutMs: number): Promise<JobResult<Name>>;
  operation(operationId: string): Promise<Operation | undefined>;
  /**
   * Brings an operation that the state has marked as cancelled to its end: one that was never begun ends at once, of one under way the
   * worker is notified, and one that is to be tried again later is taken up now. One that has ended, or is unknown, stays as it is.
   */
  cancel(operation: Operation): Promise<void>;
  /**
   * Begins an operation anew that has failed, under the next id by which the state knows its runs: nothing of the run before is taken for
   * its. One that has not failed stays as it is.
   */
  retry(operation: Operation): Promise<void>;
  close(): Promise<void>;
}

/** What a handler is given beside the payload. */
export interface JobContext {
  readonly operationId: string;
  /**
   * Aborted when the job's timeout is over or the worker may no longer hold the job; with `operationCancelled` when it was
   * cancelled.
   */
  readonly signal: AbortSignal;
  /** Runs one named step and records it: soon, where it goes on for a while, and all of them with the job's end. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Tells watchers which workflow the operation is about: soon, and with the job's end. */
  concerns(workflow: string): void;
}

/** One handler for every job of the catalogue. */
export type JobHandlers = {
  readonly [Name in JobName]: (payload: JobPayload<Name>, context: JobContext) => Promise<JobResult<Name>>;
};

/** Takes jobs up and runs their handlers; a job whose worker died is taken up by another. */
export interface JobWorker {
  start(): Promise<void>;
  /** Takes nothing new and waits for the jobs under way. */
  close(): Promise<void>;
}
