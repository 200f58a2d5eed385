import type { GatewayRegistry } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';

const scripts = { announce: new Script('announce-1'), gateways: new Script('gateways-1') };

interface LiveGateway {
  readonly id: string;
  /** The last change that it serves. */
  readonly revision: number;
  /** ms until its lease ends. */
  readonly leftMs: number;
}

/** {@link GatewayRegistry} on Redis: a lease for each gateway by the server's clock, and a message for each announcement. */
export class RedisGatewayRegistry implements GatewayRegistry {
  private readonly keys: StateKeys;
  private readonly waiting = new Set<() => void>();
  private listening: Promise<void> | undefined;
  private looking: Promise<unknown> = Promise.resolve();
  private nextLook: Promise<readonly LiveGateway[]> | undefined;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    readonly leaseMs = 5_000,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async announce(gatewayId: string, revision: number): Promise<void> {
    const args = [gatewayId, revision, this.leaseMs, this.keys.announcedChannel];
    await this.redis.script(scripts.announce, [this.keys.gateways], args);
  }

  async leave(gatewayId: string): Promise<void> {
    await this.redis.run(async (redis) => {
      await redis.hdel(this.keys.gateways, gatewayId);
      await redis.publish(this.keys.announcedChannel, gatewayId);
    });
  }

  async waitFor(revision: number, timeoutMs: number): Promise<readonly string[]> {
    await this.listen();
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      // Asked for before looking: an announcement between the look and the wait is not missed.
      const { announced, forget } = this.nextAnnouncement();
      try {
        const late = (await this.look()).filter((gateway) => gateway.revision < revision);
        const leftMs = deadline - performance.now();
        if (late.length === 0 || leftMs <= 0) return late.map(({ id }) => id);
        const firstLeaseMs = Math.min(...late.map((gateway) => gateway.leftMs)) + 1;
        await Promise.race([announced, after(Math.min(leftMs, firstLeaseMs))]);
      } finally {
        forget();
      }
    }
  }

  /** A look that begins after the call. All that ask while one is under way share the next: an announcement wakes many. */
  private look(): Promise<readonly LiveGateway[]> {
    this.nextLook ??= this.looking.then(() => {
      this.nextLook = undefined;
      const look = this.liveGateways();
      this.looking = look.catch(() => undefined);
      return look;
    });
    return this.nextLook;
  }

  private async liveGateways(): Promise<readonly LiveGateway[]> {
    const found = (await this.redis.script(scripts.gateways, [this.keys.gateways], [])) as (string | number)[];
    const alive: LiveGateway[] = [];
    for (let i = 0; i < found.length; i += 3) {
      alive.push({ id: String(found[i]), revision: Number(found[i + 1]), leftMs: Number(found[i + 2]) });
    }
    return alive;
  }

  private nextAnnouncement(): { announced: Promise<void>; forget: () => void } {
    let wake: () => void = () => undefined;
    const announced = new Promise<void>((resolve) => (wake = resolve));
    this.waiting.add(wake);
    return { announced, forget: () => this.waiting.delete(wake) };
  }

  private listen(): Promise<void> {
    this.listening ??= this.redis.run(async () => {
      const { subscriber } = this.redis;
      subscriber.on('message', (channel: string) => {
        if (channel === this.keys.announcedChannel) for (const wake of this.waiting) wake();
      });
      await subscriber.subscribe(this.keys.announcedChannel);
    });
    return this.listening;
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
