import type { StateFacts, StateProbe } from '@torchweave/application';
import type { RedisConnection } from './redis-connection.js';

/** {@link StateProbe} on Redis or Valkey: what its INFO tells. */
export class RedisStateProbe implements StateProbe {
  constructor(private readonly redis: RedisConnection) {}

  async facts(): Promise<StateFacts> {
    const askedAt = performance.now();
    const text = await this.redis.run((redis) => redis.info());
    return factsIn(text, performance.now() - askedAt);
  }
}

/** The facts in an answer of INFO: lines of `key:value`. */
function factsIn(text: string, latencyMs: number): StateFacts {
  const info = new Map(text.split(/\r?\n/).flatMap(pairOf));
  const textOf = (key: string, fallback = ''): string => info.get(key) ?? fallback;
  const numberOf = (key: string): number => Number(info.get(key) ?? 0);
  const valkey = info.get('valkey_version');
  const failures = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'];
  return {
    latencyMs,
    server: valkey === undefined ? `Redis ${textOf('redis_version', '?')}` : `Valkey ${valkey}`,
    usedBytes: numberOf('used_memory'),
    limitBytes: numberOf('maxmemory'),
    evictionPolicy: textOf('maxmemory_policy', 'noeviction'),
    evictedKeys: numberOf('evicted_keys'),
    isPersistent: info.get('aof_enabled') === '1',
    hasWriteFailure: failures.some((key) => info.get(key) === 'err'),
    role: textOf('role', 'master'),
  };
}

function pairOf(line: string): (readonly [string, string])[] {
  const colon = line.indexOf(':');
  return line.startsWith('#') || colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
}
