import type { OperationStep } from '@torchweave/application';
import type { ErrorRecord } from '@torchweave/domain';

/** What a job carries. */
export interface JobData {
  readonly schemaVersion: number;
  readonly payload: unknown;
  /** ms by Redis' clock: a job that was not accepted by then is not begun. Absent in jobs of 0.1.0 and in those that repeat. */
  readonly acceptUntil?: number;
}

/** What a job keeps as its BullMQ progress: shown on the board, and where an error survives with its data. */
export interface JobProgressRecord {
  readonly steps: readonly OperationStep[];
  /** % of the job's steps that are behind it, by this name for the board. */
  readonly progress?: number;
  readonly workflow?: string;
  readonly error?: ErrorRecord;
  /** How often it was begun anew after it had failed for good, as the board's Retry does. */
  readonly round?: number;
}

/**
 * The operation that a job is, in one of its rounds: what was undone is done anew under an id of its own, so that nothing of the
 * round before is taken for its.
 */
export const operationIdOf = (jobId: string, round = 0): string => (round === 0 ? jobId : `${jobId}.${round}`);

/** The job of an operation. */
export const jobIdOf = (operationId: string): string => operationId.replace(/\.\d+$/, '');

const isRecord = (value: unknown): value is JobProgressRecord =>
  typeof value === 'object' && value !== null && 'steps' in value;

/** The progress of a job; without steps where none has been recorded. */
export function progressOf(job: { readonly progress: unknown }): JobProgressRecord {
  return isRecord(job.progress) ? job.progress : { steps: [] };
}
