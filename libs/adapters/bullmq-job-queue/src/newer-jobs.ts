import { longestRunMs, type Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { DelayedError, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { putBack } from './queue-scripts.js';

/** ms before a job that was put back can be taken again. */
const putBackMs = 1_000;

/**
 * Jobs that only a newer version can read: they go back to the queue, as long as one run of theirs may take. How long that is
 * is counted by the times that they were put back: the clock of whoever left them may be another.
 */
export class NewerJobs {
  /** Job to when this worker last put it back, ms. */
  private readonly seen = new Map<string, number>();

  constructor(private readonly logger: Logger) {}

  /** How many such jobs have passed this worker in the last seconds. */
  get waiting(): number {
    const now = performance.now();
    for (const [id, at] of this.seen) if (now - at > 5 * putBackMs) this.seen.delete(id);
    return this.seen.size;
  }

  /**
   * Leaves the job to another worker, without an attempt.
   *
   * @throws DelayedError of BullMQ when it is put back; TorchweaveError `operationOfNewerVersion` when no worker of its version
   * came in time.
   */
  async leave(redis: Redis, jobKey: string, job: Job, token: string, reason: string): Promise<never> {
    const operationId = job.id ?? '';
    const waitMs = longestRunMs(job.name);
    const times = await putBack(redis, jobKey);
    if (times * putBackMs > waitMs) {
      this.seen.delete(operationId);
      throw new TorchweaveError('operationOfNewerVersion', { operationId, reason, waitedSeconds: waitMs / 1_000 });
    }
    if (!this.seen.has(operationId)) {
      this.logger.warn({ operationId, job: job.name, reason }, 'a job of a newer version is left to a newer worker');
    }
    this.seen.set(operationId, performance.now());
    // BullMQ takes a moment of the wall clock, and makes a delay of it at once.
    // eslint-disable-next-line no-restricted-properties
    await job.moveToDelayed(Date.now() + putBackMs, token);
    throw new DelayedError();
  }
}
