import type { GatewayRegistry } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { Script, type RedisConnection } from './redis-connection.js';

const scripts = { announce: new Script('announce-1'), lateGateways: new Script('late-gateways-1') };

/** {@link GatewayRegistry} on Redis: a lease for each gateway by the server's clock, and a message for each announcement. */
export class RedisGatewayRegistry implements GatewayRegistry {
  private readonly keys: StateKeys;
  private readonly waiting = new Set<() => void>();
  private listening: Promise<void> | undefined;

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
        const late = await this.lateGateways(revision);
        const leftMs = deadline - performance.now();
        if (late.size === 0 || leftMs <= 0) return [...late.keys()];
        await Promise.race([announced, after(Math.min(leftMs, Math.min(...late.values()) + 1))]);
      } finally {
        forget();
      }
    }
  }

  /** Late gateway to ms until its lease ends. */
  private async lateGateways(revision: number): Promise<Map<string, number>> {
    const found = (await this.redis.script(scripts.lateGateways, [this.keys.gateways], [revision])) as (
      string | number
    )[];
    const late = new Map<string, number>();
    for (let i = 0; i < found.length; i += 2) late.set(String(found[i]), Number(found[i + 1]));
    return late;
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
