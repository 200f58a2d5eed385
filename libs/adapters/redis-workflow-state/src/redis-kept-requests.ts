import type { KeptQuery, KeptRequest, KeptRequests, KeptSummary } from '@torchweave/application';
import type { Redis } from 'ioredis';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import { Script, type RedisConnection } from './redis-connection.js';

const add = new Script('keep-requests-3');

/** How much is kept of requests. */
interface KeptBounds {
  /** Requests of one gateway. */
  readonly requests: number;
  /** bytes of one gateway. */
  readonly bytes: number;
  readonly ageMs: number;
  /** Gateways, those that are gone included: each start of one counts. */
  readonly gateways: number;
}

const usualBounds: KeptBounds = { requests: 200, bytes: 2_000_000, ageMs: 3_600_000, gateways: 64 };

/** A request in one line, and the gateway and the number under which the rest of it is found. */
interface Line {
  readonly gateway: string;
  readonly number: string;
  readonly summary: KeptSummary;
}

/** {@link KeptRequests} on Redis or Valkey: of each gateway a list of lines, which is read to find one, and a hash of the rest. */
export class RedisKeptRequests implements KeptRequests {
  private readonly keys: StateKeys;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly bounds = usualBounds,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async add(gatewayId: string, requests: readonly KeptRequest[]): Promise<void> {
    if (requests.length === 0) return;
    const { requests: most, bytes, ageMs, gateways } = this.bounds;
    const texts = requests.flatMap((request) => [JSON.stringify(summaryOf(request)), JSON.stringify(request)]);
    const keys = [this.keys.keptLines(gatewayId), this.keys.keptDocuments(gatewayId), this.keys.keptGateways];
    const gone = await this.redis.script(add, keys, [gatewayId, most, bytes, ageMs, gateways, ...texts]);
    await this.forget(gone as readonly string[]);
  }

  async list({ workflow, outcome, search = '', limit }: KeptQuery): Promise<readonly KeptSummary[]> {
    const lines = await this.redis.run((redis) => this.linesIn(redis));
    return lines
      .map(({ summary }) => summary)
      .filter((each) => workflow === undefined || each.workflow === workflow)
      .filter((each) => outcome === undefined || each.outcome === outcome)
      .filter(({ id }) => id.includes(search))
      .slice(0, limit);
  }

  async find(id: string): Promise<KeptRequest | undefined> {
    return this.redis.run(async (redis) => {
      const found = (await this.linesIn(redis)).find(({ summary }) => summary.id === id);
      if (found === undefined) return undefined;
      // It may have gone meanwhile.
      const text = await redis.hget(this.keys.keptDocuments(found.gateway), found.number);
      return objectIn<KeptRequest>(text);
    });
  }

  /** Of all gateways, newest first, without those that are too old and wait to be taken out. */
  private async linesIn(redis: Redis): Promise<readonly Line[]> {
    const [[seconds], gateways] = await Promise.all([redis.time(), redis.zrange(this.keys.keptGateways, 0, '-1')]);
    const oldest = Number(seconds) * 1_000 - this.bounds.ageMs;
    const texts = await Promise.all(gateways.map((id) => redis.lrange(this.keys.keptLines(id), 0, -1)));
    const lines = texts.flatMap((each, at) => {
      const gateway = gateways[at] ?? '';
      return each.toReversed().flatMap((text) => lineIn(text, gateway, oldest));
    });
    return lines.sort((a, b) => Date.parse(b.summary.at) - Date.parse(a.summary.at));
  }

  private async forget(gatewayIds: readonly string[]): Promise<void> {
    if (gatewayIds.length === 0) return;
    const keys = gatewayIds.flatMap((id) => [this.keys.keptLines(id), this.keys.keptDocuments(id)]);
    await this.redis.run((redis) => redis.unlink(...keys));
  }
}

const summaryOf = ({ spans: _, error: __, ...summary }: KeptRequest): KeptSummary => summary;

/** One that cannot be read hides no other. */
function lineIn(text: string, gateway: string, oldest: number): readonly Line[] {
  const [, number = '', at, told = ''] = /^(\d+) \d+ (\d+) (.*)$/s.exec(text) ?? [];
  const summary = objectIn<KeptSummary>(told);
  return summary !== undefined && Number(at) > oldest ? [{ gateway, number, summary }] : [];
}
