import type { Replica, ReplicaSystem } from './replica-system.js';

const killEveryMs = 1_000;

/**
 * Kills a random replica every second and starts it again at once. The last one of an app that is ready is spared: clients
 * would wait for it, and on a slow machine wait for ever.
 */
export class Chaos {
  /** The apps that were killed, in order. */
  readonly killed: string[] = [];
  /** Why a replica did not come back. It is not killed again, and does not count as ready. */
  readonly failures: string[] = [];
  private readonly restarting = new Map<Replica, Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly system: ReplicaSystem,
    private seed: number,
  ) {
    this.timer = setInterval(() => this.killOne(), killEveryMs);
  }

  /** Kills no more, and waits until every replica is ready. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.restarting.values());
  }

  private killOne(): void {
    const running = this.system.replicas.filter((replica) => !this.restarting.has(replica));
    const spare = running.filter(({ app }) => running.filter((other) => other.app === app).length > 1);
    const victim = spare[Math.floor(this.random() * spare.length)];
    if (victim === undefined) return;
    this.killed.push(victim.app);
    const restarted = this.system.restart(victim).then(
      () => void this.restarting.delete(victim),
      (error: unknown) => void this.failures.push(String(error)),
    );
    this.restarting.set(victim, restarted);
  }

  /** Mulberry32: small, and the same everywhere. */
  private random(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
