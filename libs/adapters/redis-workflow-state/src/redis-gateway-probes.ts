import type { GatewayProbes, ProbeOrder, ProbeOutcome } from '@torchweave/application';
import { toTorchweaveError } from '@torchweave/domain';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';
import { readDefinition } from './stored-definition.js';

/** What a gateway says: with an outcome when it has one, without as long as it works on it. */
interface ProbeWord {
  readonly operationId: string;
  readonly gatewayId: string;
  readonly outcome?: ProbeOutcome;
}

export interface ProbePatience {
  /** ms in which a gateway must say that it has begun. */
  readonly beginMs: number;
  /** ms between two words of a gateway that works on it. */
  readonly wordMs: number;
  /** ms without a word after which a gateway counts as gone. */
  readonly silenceMs: number;
}

const defaultPatience: ProbePatience = { beginMs: 3_000, wordMs: 1_000, silenceMs: 5_000 };

/** What is known of a gateway that has begun. */
interface Begun {
  heardAt: number;
  outcome?: ProbeOutcome;
}

/** {@link GatewayProbes} over channels of Redis of their own: a version that knows no probes does not listen there. */
export class RedisGatewayProbes implements GatewayProbes {
  private readonly orders: string;
  private readonly words: string;
  private readonly listeners = new Set<(word: ProbeWord) => void>();
  private listening: Promise<unknown> | undefined;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly patience: ProbePatience = defaultPatience,
  ) {
    const keys = new StateKeys(namespace);
    this.orders = keys.probesChannel;
    this.words = keys.probedChannel;
  }

  async ask(order: ProbeOrder, signal: AbortSignal): Promise<readonly ProbeOutcome[]> {
    signal.throwIfAborted();
    await this.listen();
    const gateways = new Map<string, Begun>();
    let check = (): void => undefined;
    const take = ({ operationId, gatewayId, outcome }: ProbeWord): void => {
      if (operationId !== order.operationId) return;
      const known = gateways.get(gatewayId);
      const ended = outcome ?? known?.outcome;
      gateways.set(gatewayId, { heardAt: performance.now(), ...(ended === undefined ? {} : { outcome: ended }) });
      check();
    };
    // Before asking: an answer may be faster than what is told of who was asked.
    this.listeners.add(take);
    try {
      const asked = await this.publish(this.orders, order);
      const askedAt = performance.now();
      await until(signal, this.patience.wordMs, (done) => {
        check = () => this.isSettled(gateways, asked, askedAt) && done();
        return check;
      });
      return [...gateways.values()].flatMap(({ outcome }) => outcome ?? []);
    } finally {
      this.listeners.delete(take);
    }
  }

  async answer(gatewayId: string, send: (order: ProbeOrder) => Promise<void>): Promise<() => void> {
    const { subscriber } = this.redis;
    const onMessage = (channel: string, message: string): void => {
      const order = channel === this.orders ? objectIn<ProbeOrder>(message) : undefined;
      const definition = readDefinition(order?.definition);
      // What cannot be read is not answered: its worker goes on without this gateway.
      if (order === undefined || definition === undefined || typeof order.operationId !== 'string') return;
      void this.work(gatewayId, order.operationId, () => send({ ...order, definition }));
    };
    subscriber.on('message', onMessage);
    await this.redis.run(() => subscriber.subscribe(this.orders));
    return () => subscriber.off('message', onMessage);
  }

  /** Never rejects: a word that is lost is one that its worker does without. */
  private async work(gatewayId: string, operationId: string, send: () => Promise<void>): Promise<void> {
    const say = (outcome?: ProbeOutcome): Promise<unknown> =>
      this.publish(this.words, { operationId, gatewayId, ...(outcome === undefined ? {} : { outcome }) }).catch(
        () => undefined,
      );
    const working = setInterval(() => void say(), this.patience.wordMs);
    try {
      await say();
      const failure = await send().then(
        () => undefined,
        (error: unknown) => toTorchweaveError(error).toRecord(),
      );
      await say({ gatewayId, ...(failure === undefined ? {} : { failure }) });
    } finally {
      clearInterval(working);
    }
  }

  private isSettled(gateways: ReadonlyMap<string, Begun>, asked: number, askedAt: number): boolean {
    const { beginMs, silenceMs } = this.patience;
    const now = performance.now();
    const isComplete = gateways.size >= asked || now - askedAt >= beginMs;
    return (
      isComplete &&
      [...gateways.values()].every(({ outcome, heardAt }) => outcome !== undefined || now - heardAt >= silenceMs)
    );
  }

  private publish(channel: string, message: object): Promise<number> {
    return this.redis.run((redis) => redis.publish(channel, JSON.stringify(message)));
  }

  private listen(): Promise<unknown> {
    const { subscriber } = this.redis;
    this.listening ??= this.redis
      .run(async () => {
        await subscriber.subscribe(this.words);
        subscriber.on('message', (channel: string, message: string) => {
          const word = channel === this.words ? objectIn<ProbeWord>(message) : undefined;
          if (word !== undefined) for (const take of this.listeners) take(word);
        });
      })
      .catch((error: unknown) => {
        this.listening = undefined;
        throw error;
      });
    return this.listening;
  }
}

/** Resolves when what `begin` gives is told so; it is looked at again and again. */
async function until(signal: AbortSignal, everyMs: number, begin: (done: () => void) => () => void): Promise<void> {
  let looking: NodeJS.Timeout | undefined;
  let abort: () => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      const look = begin(resolve);
      looking = setInterval(look, everyMs / 4);
      look();
      if (signal.aborted) abort();
    });
  } finally {
    clearInterval(looking);
    signal.removeEventListener('abort', abort);
  }
}
