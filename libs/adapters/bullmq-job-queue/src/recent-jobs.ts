import type { Operation, RecentOperations } from '@torchweave/application';
import type { Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { redisTime } from './queue-scripts.js';

const dayMs = 86_400_000;
const waitingStates = ['wait', 'prioritized'] as const;
const runningStates = ['active', 'delayed'] as const;
const endedStates = ['completed', 'failed'] as const;

/** What became of the jobs of a queue: {@link RecentOperations}. */
export async function recentIn(
  queue: Queue,
  redis: Redis,
  limit: number,
  describe: (job: Job) => Operation,
): Promise<RecentOperations> {
  const [counts, jobs, failedLastDay] = await Promise.all([
    queue.getJobCounts(...waitingStates, ...runningStates),
    queue.getJobs([...waitingStates, ...runningStates, ...endedStates], 0, limit - 1, false),
    failedSince(queue, redis),
  ]);
  const countOf = (states: readonly string[]): number => states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  const newestFirst = (jobs as Job[]).sort((a, b) => b.timestamp - a.timestamp);
  return {
    ...{ waiting: countOf(waitingStates), running: countOf(runningStates), failedLastDay },
    operations: newestFirst.map(describe),
  };
}

async function failedSince(queue: Queue, redis: Redis): Promise<number> {
  return redis.zcount(queue.toKey('failed'), (await redisTime(redis)) - dayMs, '+inf');
}

/** Lets a job that has failed be taken up anew; any other stays as it is. */
export async function retryIn(queue: Queue, jobId: string): Promise<void> {
  const job = (await queue.getJob(jobId)) as Job | undefined;
  if (job === undefined || !(await job.isFailed())) return;
  await job.retry('failed', { resetAttemptsMade: true }).catch(async (error: unknown) => {
    // Somebody else was quicker.
    if (await job.isFailed()) throw error;
  });
}
