import { readTraceContext, type AbandonedRun, type OperationStep, type TraceContext } from '@torchweave/application';
import { TorchweaveError, type ErrorRecord } from '@torchweave/domain';
import type { Job } from 'bullmq';

/** What a job carries, whatever the version of its payload: what that is `readJob` tells. */
export interface JobData {
  readonly schemaVersion: number;
  readonly payload: unknown;
  /** ms by Redis' clock: a job that was not accepted by then is not begun. Absent in jobs of 0.1.0 and in those that repeat. */
  readonly acceptUntil?: number;
  /** Of the request that asked for it, where that was traced. Whoever does not know it passes over it. */
  readonly trace?: TraceContext;
}

/** The trace that a job goes on with. Whatever else stands there is none. */
export const traceOf = ({ data }: { readonly data: unknown }): TraceContext | undefined =>
  isObject(data) ? readTraceContext(data['trace']) : undefined;

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

/** The round in which a job runs, or would if it were taken up. What has failed for good is only tried anew where somebody wants that. */
export const roundOf = ({ error, round = 0 }: JobProgressRecord): number => (error === undefined ? round : round + 1);

/** The job of an operation. */
export const jobIdOf = (operationId: string): string => operationId.replace(/\.\d+$/, '');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStep = (value: unknown): value is OperationStep =>
  isObject(value) && typeof value['name'] === 'string' && typeof value['startedAt'] === 'string';

/**
 * The progress of a job, which a worker of another version may have written: what of it is none of ours is left out. Without steps
 * where none has been recorded.
 */
export function progressOf(job: { readonly progress: unknown }): JobProgressRecord {
  if (!isObject(job.progress)) return { steps: [] };
  const { steps, progress, workflow, error, round } = job.progress;
  return {
    steps: Array.isArray(steps) ? steps.filter(isStep) : [],
    ...(typeof progress === 'number' ? { progress } : {}),
    ...(typeof workflow === 'string' ? { workflow } : {}),
    ...(error === undefined ? {} : { error: readError(error) }),
    ...(typeof round === 'number' ? { round } : {}),
  };
}

/** The run before this one, as its progress tells it, where no word is of its end: its worker was killed, or lost the job. */
export function abandonedRunOf(
  job: Pick<Job, 'attemptsStarted' | 'attemptsMade' | 'stalledCounter'>,
  { steps, error }: JobProgressRecord,
): AbandonedRun | undefined {
  const [first, last] = [steps[0], steps.at(-1)];
  if (job.stalledCounter === 0 || job.attemptsMade > 0 || error !== undefined) return undefined;
  if (job.attemptsStarted < 2 || first === undefined || last === undefined) return undefined;
  const startedAt = new Date(first.startedAt);
  return Number.isNaN(startedAt.getTime()) ? undefined : { startedAt, step: last.name };
}

/** The error that another process has recorded; one that this version does not know is told by its code. */
function readError(stored: unknown): ErrorRecord {
  try {
    return TorchweaveError.fromRecord(stored as ErrorRecord).toRecord();
  } catch {
    const code = isObject(stored) && typeof stored['code'] === 'string' ? stored['code'] : 'an error without a code';
    return new TorchweaveError('errorOfOtherVersion', { code }).toRecord();
  }
}
