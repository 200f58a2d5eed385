import type { AgedLiveReport, LiveReport, LiveReports } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';

/** ms that a report is kept: a gateway at which nothing goes on writes one every ten seconds. */
const reportTtl = 30_000;

/** {@link LiveReports} on Redis or Valkey: a text for each gateway, which goes by itself; what is left of its time tells its age. */
export class RedisLiveReports implements LiveReports {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async write(gatewayId: string, report: LiveReport): Promise<void> {
    await this.redis.run((redis) => redis.set(this.keys.live(gatewayId), JSON.stringify(report), 'PX', reportTtl));
  }

  async read(gatewayIds: readonly string[]): Promise<readonly (AgedLiveReport | undefined)[]> {
    const keys = gatewayIds.map((id) => this.keys.live(id));
    return this.redis.run((redis) =>
      Promise.all(
        keys.map(async (key) => {
          const [text, leftMs] = await Promise.all([redis.get(key), redis.pttl(key)]);
          const report = reportIn(text);
          return report === undefined ? undefined : { ...report, ageMs: Math.max(0, reportTtl - leftMs) };
        }),
      ),
    );
  }
}

/** What another version has written that this one does not read is not known: it is written anew in a moment. */
function reportIn(text: string | null): LiveReport | undefined {
  const report = objectIn<LiveReport>(text);
  return report !== undefined && 'workflows' in report && 'boundsMs' in report && 'windowMs' in report
    ? report
    : undefined;
}
