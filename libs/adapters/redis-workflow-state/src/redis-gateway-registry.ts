import type { GatewayRegistry, Preparation, PreparationListener } from '@torchweave/application';
import type { PreparationOutcome, ServingGateway } from '@torchweave/application';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import { Script, type RedisConnection } from './redis-connection.js';
import { readDefinition } from './stored-definition.js';

const scripts = { announce: new Script('announce-1'), gateways: new Script('gateways-1') };

interface LiveGateway {
  readonly id: string;
  /** The last change that it serves. */
  readonly revision: number;
  /** ms until its lease ends. */
  readonly leftMs: number;
}

/** What goes over the channel of preparations. */
type PreparationRequest = { readonly prepare: Preparation } | { readonly discard: string };

interface PreparationAnswer {
  readonly operationId: string;
  readonly outcome: PreparationOutcome;
}

/** {@link GatewayRegistry} on Redis: a lease for each gateway by the server's clock, and a message for each announcement. */
export class RedisGatewayRegistry implements GatewayRegistry {
  private readonly keys: StateKeys;
  private readonly waiting = new Set<() => void>();
  private readonly answers = new Set<(answer: PreparationAnswer) => void>();
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

  async serving(): Promise<readonly ServingGateway[]> {
    const alive = await this.liveGateways();
    return alive.map(({ id, revision }) => ({ gatewayId: id, revision })).sort(byId);
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

  async prepare(preparation: Preparation, signal: AbortSignal): Promise<readonly PreparationOutcome[]> {
    await this.listen();
    const outcomes = new Map<string, PreparationOutcome>();
    let check = (): void => undefined;
    const take = ({ operationId, outcome }: PreparationAnswer): void => {
      if (operationId !== preparation.operationId) return;
      outcomes.set(outcome.gatewayId, outcome);
      check();
    };
    // Before asking: an answer may be faster than the list of who was asked.
    this.answers.add(take);
    try {
      const asked = await this.liveGateways({ prepare: preparation });
      await new Promise<void>((resolve, reject) => {
        check = () => asked.every(({ id }) => outcomes.has(id)) && resolve();
        const abort = (): void => reject(signal.reason as Error);
        if (signal.aborted) abort();
        signal.addEventListener('abort', abort, { once: true });
        check();
      });
      return asked.flatMap(({ id }) => outcomes.get(id) ?? []);
    } finally {
      this.answers.delete(take);
    }
  }

  async discard(operationId: string): Promise<void> {
    await this.publish(this.keys.preparationsChannel, { discard: operationId } satisfies PreparationRequest);
  }

  async onPreparation(listener: PreparationListener): Promise<() => void> {
    const { subscriber } = this.redis;
    const onMessage = (channel: string, message: string): void => {
      if (channel !== this.keys.preparationsChannel) return;
      const request = objectIn<PreparationRequest>(message);
      if (request === undefined) return;
      if ('discard' in request) return listener.discard(request.discard);
      // What cannot be read is not answered: its worker goes on without this gateway.
      const definition = readDefinition(request.prepare.definition);
      if (definition !== undefined) listener.prepare({ ...request.prepare, definition });
    };
    subscriber.on('message', onMessage);
    await this.redis.run(() => subscriber.subscribe(this.keys.preparationsChannel));
    return () => subscriber.off('message', onMessage);
  }

  async answerPreparation(operationId: string, outcome: PreparationOutcome): Promise<void> {
    await this.publish(this.keys.preparedChannel, { operationId, outcome } satisfies PreparationAnswer);
  }

  private async publish(channel: string, message: unknown): Promise<void> {
    await this.redis.run((redis) => redis.publish(channel, JSON.stringify(message)));
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

  /** @param request for all of them, in the same moment. */
  private async liveGateways(request?: PreparationRequest): Promise<readonly LiveGateway[]> {
    const asked = request === undefined ? [] : [this.keys.preparationsChannel, JSON.stringify(request)];
    const found = (await this.redis.script(scripts.gateways, [this.keys.gateways], asked)) as (string | number)[];
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

  private hear(channel: string, message: string): void {
    if (channel === this.keys.announcedChannel) for (const wake of this.waiting) wake();
    if (channel !== this.keys.preparedChannel || this.answers.size === 0) return;
    const answer = objectIn<PreparationAnswer>(message);
    if (answer !== undefined) for (const take of this.answers) take(answer);
  }

  private listen(): Promise<void> {
    const { subscriber } = this.redis;
    this.listening ??= this.redis
      .run(async () => {
        await subscriber.subscribe(this.keys.announcedChannel, this.keys.preparedChannel);
        subscriber.on('message', (channel: string, message: string) => this.hear(channel, message));
      })
      .catch((error: unknown) => {
        this.listening = undefined;
        throw error;
      });
    return this.listening;
  }
}

const byId = (a: ServingGateway, b: ServingGateway): number => (a.gatewayId < b.gatewayId ? -1 : 1);

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
