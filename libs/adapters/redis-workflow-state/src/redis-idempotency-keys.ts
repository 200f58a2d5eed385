import type { IdempotencyKeys, KeyedRequest } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { createHash } from 'node:crypto';
import { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';

const claimKey = new Script('claim-key-1');
/** ms that a key is remembered: as long as the queue tells of an operation that has ended. */
const aDay = 86_400_000;

/** {@link IdempotencyKeys} on Redis or Valkey: a text for each key, which goes by itself. */
export class RedisIdempotencyKeys implements IdempotencyKeys {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly keepMs: number = aDay,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async find(request: KeyedRequest): Promise<string | undefined> {
    const held = await this.redis.run((redis) => redis.get(this.keyOf(request)));
    if (held === null) return undefined;
    const [digest, operationId] = held.split(' ');
    if (digest !== request.digest) throw new TorchweaveError('idempotencyKeyReused', { key: request.key });
    return operationId;
  }

  async claim(request: KeyedRequest, operationId: string, insteadOf = ''): Promise<string> {
    const args = [request.digest, operationId, insteadOf, this.keepMs];
    const held = String(await this.redis.script(claimKey, [this.keyOf(request)], args));
    if (held === '') throw new TorchweaveError('idempotencyKeyReused', { key: request.key });
    return held;
  }

  /** A digest: neither who sends a request nor what they call it stands in Redis. */
  private keyOf({ caller, key }: KeyedRequest): string {
    return this.keys.idempotency(
      createHash('sha256')
        .update(JSON.stringify([caller, key]))
        .digest('hex'),
    );
  }
}
