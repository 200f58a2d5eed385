import { TorchweaveError } from '@torchweave/domain';
import { UnrecoverableError, type Job, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { operationIdOf, progressOf, roundOf } from './job-record.js';
import { cancelJob } from './queue-scripts.js';

/** ms that whoever cancels a job which was never begun may take to end it. */
const lockMs = 5_000;

/**
 * Brings a job to its end that the state has marked as cancelled.
 *
 * @returns whether it has ended by this.
 */
export async function cancelIn(queue: Queue, redis: Redis, jobId: string): Promise<boolean> {
  const job = (await queue.getJob(jobId)) as Job | undefined;
  if (job === undefined) return false;
  const before = progressOf(job);
  const round = roundOf(before);
  const operationId = operationIdOf(jobId, round);
  const token = randomUUID();
  const became = await cancelJob(redis, (part) => queue.toKey(part), { id: jobId, runsAs: operationId, token, lockMs });
  // A worker may have been quicker: then it finds out.
  if (became === 'delayed') await job.promote().catch(() => undefined);
  if (became !== 'taken') return false;
  const error = new TorchweaveError('operationCancelled', { operationId });
  const { workflow } = before;
  await job.updateProgress({
    ...{ steps: [], error: error.toRecord() },
    ...(workflow === undefined ? {} : { workflow }),
    ...(round === 0 ? {} : { round }),
  });
  await job.moveToFailed(new UnrecoverableError(error.message), token, false);
  return true;
}
