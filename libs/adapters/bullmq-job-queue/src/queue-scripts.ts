import type { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';

const source = (name: string): string => readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8');
const accept = source('accept-operation-1');
const announce = source('announce-worker-1');
const count = source('count-workers-1');
const back = source('put-back-1');
const cancel = source('cancel-6');

/** ms; a worker that has not said so for as long takes no jobs. */
export const workerLeaseMs = 6_000;

/** Where workers say that they take jobs. */
export const workersKey = (prefix: string): string => `${prefix}-workers`;

/** Now by Redis' clock, ms. */
export async function redisTime(redis: Redis): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}

/** @returns whether the job is there, and the moment `until` (ms, by Redis' clock) had not passed. */
export const acceptOperation = async (redis: Redis, jobKey: string, until: number): Promise<boolean> =>
  (await redis.eval(accept, 1, jobKey, until)) === 1;

export async function announceWorker(redis: Redis, key: string, id: string): Promise<void> {
  await redis.eval(announce, 1, key, id, workerLeaseMs);
}

export const countWorkers = async (redis: Redis, key: string): Promise<number> =>
  Number(await redis.eval(count, 1, key));

/** @returns how often the job was put back by now. */
export const putBack = async (redis: Redis, jobKey: string): Promise<number> =>
  Number(await redis.eval(back, 1, jobKey));

/** What became of a job when it was cancelled: whoever asked has `taken` it, and ends it. */
export type CancelledJob = 'taken' | 'delayed' | 'begun' | 'ended';

/** A job of a queue that is to be cancelled. */
export interface JobToCancel {
  readonly id: string;
  readonly runsAs: string;
  /** Of the lock on the job, where whoever asks takes it, for `lockMs`. */
  readonly token: string;
  readonly lockMs: number;
}

export const cancelJob = async (
  redis: Redis,
  toKey: (part: string) => string,
  { id, runsAs, token, lockMs }: JobToCancel,
): Promise<CancelledJob> => {
  const keys = [toKey(id), toKey(`${id}:lock`), ...['wait', 'paused', 'active', 'delayed'].map(toKey)];
  return (await redis.eval(cancel, keys.length, ...keys, id, runsAs, token, lockMs)) as CancelledJob;
};
