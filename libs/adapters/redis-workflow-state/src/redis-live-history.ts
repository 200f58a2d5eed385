import { liveHistoryMs, type LiveHistory, type LivePoint, type TimedPoint } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';

/** Points of one workflow that are kept at once, of all gateways: some 60 bytes each. */
const mostPoints = 2_000;

/** A point as it is kept: all of one member, so that those of several gateways stand beside one another. */
type Stored = readonly [at: number, gatewayId: string, perSecond: number, errorRate: number, p99Ms: number | null];

/** {@link LiveHistory} on Redis: a sorted set of points by their time for each workflow, which goes by itself. */
export class RedisLiveHistory implements LiveHistory {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly limit = mostPoints,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async add(gatewayId: string, at: number, points: readonly LivePoint[]): Promise<void> {
    await this.redis.run((redis) =>
      Promise.all(
        points.flatMap(({ workflow, requestsPerSecond, errorRate, p99Ms }) => {
          const key = this.keys.history(workflow);
          const stored: Stored = [at, gatewayId, requestsPerSecond, errorRate, p99Ms ?? null];
          return [
            redis.zadd(key, at, JSON.stringify(stored)),
            redis.zremrangebyscore(key, '-inf', at - liveHistoryMs),
            redis.zremrangebyrank(key, 0, -this.limit - 1),
            redis.pexpire(key, liveHistoryMs),
          ];
        }),
      ),
    );
  }

  async read(workflow: string, since: number): Promise<readonly TimedPoint[]> {
    const texts = await this.redis.run((redis) => redis.zrangebyscore(this.keys.history(workflow), since, '+inf'));
    return texts.flatMap((text) => pointIn(text) ?? []);
  }
}

function pointIn(text: string): TimedPoint | undefined {
  const stored = objectIn<Stored>(text);
  if (!Array.isArray(stored)) return undefined;
  const [at, , requestsPerSecond, errorRate, p99Ms] = stored;
  return { ...{ at, requestsPerSecond, errorRate }, ...(p99Ms === null ? {} : { p99Ms }) };
}
