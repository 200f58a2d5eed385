import type { OperationStep } from '@torchweave/application';
import type { ErrorRecord } from '@torchweave/domain';

/** What a job keeps as its BullMQ progress: shown on the board, and where an error survives with its data. */
export interface JobProgressRecord {
  readonly steps: readonly OperationStep[];
  /** % of the job's steps that are behind it, by this name for the board. */
  readonly progress?: number;
  readonly workflow?: string;
  readonly error?: ErrorRecord;
}

const isRecord = (value: unknown): value is JobProgressRecord =>
  typeof value === 'object' && value !== null && 'steps' in value;

/** The progress of a job; without steps where none has been recorded. */
export function progressOf(job: { readonly progress: unknown }): JobProgressRecord {
  return isRecord(job.progress) ? job.progress : { steps: [] };
}
