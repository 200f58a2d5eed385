import type { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';

/** What lies under one key of Redis, as it was read there. */
type Recorded =
  | { readonly type: 'hash'; readonly value: Readonly<Record<string, string>> }
  | { readonly type: 'zset'; readonly value: readonly (readonly [string, number])[] }
  | { readonly type: 'set'; readonly value: readonly string[] }
  | { readonly type: 'list'; readonly value: readonly string[] }
  | { readonly type: 'string'; readonly value: string };

/**
 * What versions of Torchweave have left after the same registrations and unregistrations: `0.1.0`, and what came when workflows
 * had got versions. What is recorded never changes; a version that stores anything otherwise gets a recording of its own.
 */
export const recordings = ['by-0.1.0', 'with-versions'] as const;
export type Recording = (typeof recordings)[number];

/** Writes into Redis what a version of Torchweave had left there, in the namespace `torchweave`. */
export async function restoreRecording(redis: Redis, recording: Recording): Promise<void> {
  const file = new URL(`../../recordings/stored-${recording}.json`, import.meta.url);
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Recorded>>;
  for (const [key, entry] of Object.entries(recorded)) await write(redis, key, entry);
}

async function write(redis: Redis, key: string, { type, value }: Recorded): Promise<unknown> {
  switch (type) {
    case 'hash':
      return redis.hset(key, value);
    case 'zset':
      return redis.zadd(key, ...value.flatMap(([member, score]) => [score, member]));
    case 'set':
      return redis.sadd(key, ...value);
    case 'list':
      return redis.rpush(key, ...value);
    case 'string':
      return redis.set(key, value);
  }
}
