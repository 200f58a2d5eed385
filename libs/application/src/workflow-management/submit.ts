import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import type { JobName, JobPayload } from '../job-catalogue/job-catalogue.js';
import type { JobQueue } from '../ports/job-queue.js';

/** Jobs that change a workflow: what ends well of them tells its name. */
export type ChangeName = Exclude<JobName, 'reconcile-model-servers'>;

/** What became of a request: its end, or the operation to follow. */
export type Submission =
  | { readonly ended: true; readonly workflow: string; readonly operationId: string }
  | { readonly ended: false; readonly operationId: string };

/** Gives the id of an operation that is about to begin; asked when nothing speaks against it any more. */
export type Identify = () => Promise<string>;

export const freshId: Identify = () => Promise.resolve(randomUUID());

export interface SubmissionOptions {
  /** Whether to wait for the end. */
  readonly synchronous: boolean;
  /** ms that it is waited for. */
  readonly waitMs: number;
  readonly identify?: Identify;
}

/**
 * Leaves a job, and waits for its end where that is asked for.
 *
 * @throws TorchweaveError that the operation failed with; `operationPending` when it takes too long; `operationUncertain`.
 */
export async function submit<Name extends ChangeName>(
  jobs: JobQueue,
  name: Name,
  payload: JobPayload<Name>,
  { synchronous, waitMs, identify = freshId }: SubmissionOptions,
): Promise<Submission> {
  const operationId = await identify();
  await jobs.enqueue(name, payload, operationId);
  if (!synchronous) return { ended: false, operationId };
  const workflow = await endOfOperation(jobs, name, operationId, waitMs);
  return { ended: true, workflow, operationId };
}

/**
 * Waits for the end of an operation that changes a workflow, and tells which.
 *
 * @throws TorchweaveError as {@link submit}.
 */
export async function endOfOperation(
  jobs: Pick<JobQueue, 'waitForEnd'>,
  name: ChangeName,
  operationId: string,
  waitMs: number,
): Promise<string> {
  const { workflow } = await jobs.waitForEnd(name, operationId, waitMs).catch((error: unknown) => {
    if (!isTorchweaveError(error, 'stateUnavailable')) throw error;
    // It goes on without us: who asked can follow it.
    throw new TorchweaveError('operationUncertain', { operationId, retryAfterSeconds: 1 }, { cause: error });
  });
  return workflow;
}
