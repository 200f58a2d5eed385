import type { AuditEntry, AuditKind, AuditTrail } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';

/** Entries that are kept: some 300 bytes each. */
const mostEntries: Readonly<Record<AuditKind, number>> = { change: 10_000, refused: 1_000 };

/** {@link AuditTrail} on Redis: a list of texts for each kind, the newest first. */
export class RedisAuditTrail implements AuditTrail {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly limits = mostEntries,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async append(entry: AuditEntry): Promise<void> {
    const key = this.keys.audit(entry.kind);
    await this.redis.run((redis) =>
      Promise.all([redis.lpush(key, JSON.stringify(entry)), redis.ltrim(key, 0, this.limits[entry.kind] - 1)]),
    );
  }

  async list(kind: AuditKind, offset: number, limit: number): Promise<readonly AuditEntry[]> {
    if (limit <= 0) return [];
    const texts = await this.redis.run((redis) => redis.lrange(this.keys.audit(kind), offset, offset + limit - 1));
    // One that cannot be read hides no other.
    return texts.flatMap((text) => objectIn<AuditEntry>(text) ?? []).filter((entry) => 'at' in entry);
  }
}
