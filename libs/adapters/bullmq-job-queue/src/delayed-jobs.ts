import type { Logger } from '@torchweave/application';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export interface DelayedJobsOptions {
  readonly connection: Redis;
  readonly prefix: string;
  readonly queues: readonly string[];
  readonly logger: Logger;
  /** ms, longer than any job is meant to be delayed. */
  readonly patienceMs: number;
  /** ms between two looks. */
  readonly intervalMs: number;
}

/** Jobs of a queue that are looked at. There are no more than a few: repeating ones, and those that are tried again. */
const mostJobs = 1_000;

/**
 * Lets jobs go on that have been delayed for too long by a clock that does not step. BullMQ keeps a delay as a moment of the
 * wall clock, which is years away when the clock was wrong and is set right.
 */
export class DelayedJobs {
  private readonly queues: Queue[];
  private readonly timer: NodeJS.Timeout;
  /** Job to when it was first seen. */
  private seen = new Map<string, number>();
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: DelayedJobsOptions) {
    const { connection, prefix, logger } = options;
    this.queues = options.queues.map((name) => new Queue(name, { connection, prefix }));
    for (const queue of this.queues) queue.on('error', (err) => logger.debug({ err }, 'queue connection'));
    this.timer = setInterval(() => {
      this.looking = this.look().catch((err: unknown) => logger.debug({ err }, 'delayed jobs cannot be looked at'));
    }, options.intervalMs).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all(this.queues.map((queue) => queue.close()));
  }

  private async look(): Promise<void> {
    const now = performance.now();
    const seen = new Map<string, number>();
    for (const queue of this.queues) {
      for (const job of await queue.getDelayed(0, mostJobs)) {
        const key = `${queue.name} ${job.id ?? ''}`;
        const since = this.seen.get(key) ?? now;
        if (now - since < this.options.patienceMs) {
          seen.set(key, since);
          continue;
        }
        // Of several workers one promotes it; to the others it is not delayed any more.
        await job
          .promote()
          .catch((err: unknown) => this.options.logger.debug({ err }, 'a job is not delayed any more'));
        this.options.logger.warn(
          { operationId: job.id },
          'a job was delayed for too long, as after a step of the clock',
        );
      }
    }
    this.seen = seen;
  }
}
