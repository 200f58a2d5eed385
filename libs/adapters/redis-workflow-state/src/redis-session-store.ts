import type { SessionStore } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';

const scripts = { put: new Script('put-session-2'), find: new Script('find-session-2') };

/** Sessions that are kept at once. */
const mostSessions = 1_000;

/** {@link SessionStore} on Redis: a hash and a sorted set of ends, by the server's clock. */
export class RedisSessionStore implements SessionStore {
  private readonly keys: readonly [sessions: string, ends: string];

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly limit = mostSessions,
  ) {
    const { sessions, sessionEnds } = new StateKeys(namespace);
    this.keys = [sessions, sessionEnds];
  }

  async put(id: string, proof: string, ttlMs: number): Promise<void> {
    await this.redis.script(scripts.put, [...this.keys], [id, proof, ttlMs, this.limit]);
  }

  async find(id: string): Promise<string | undefined> {
    const proof = await this.redis.script(scripts.find, [...this.keys], [id]);
    return typeof proof === 'string' ? proof : undefined;
  }

  async remove(id: string): Promise<void> {
    const [sessions, ends] = this.keys;
    await this.redis.run((redis) => Promise.all([redis.zrem(ends, id), redis.hdel(sessions, id)]));
  }
}
