import { longestTriedAnswer, longestTry, type GatewayTries, type Tried, type Try } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { StateKeys } from './keys.js';
import { objectIn } from './read-json.js';
import type { RedisConnection } from './redis-connection.js';

/** A {@link Try} as it is sent. Bodies are base64. */
interface Order {
  readonly id: string;
  readonly askerId: string;
  readonly order: Omit<Try, 'body'> & { readonly body: string };
}

/** What a gateway says: what it has answered, and nothing as long as it works on it. */
interface Word {
  readonly id: string;
  readonly tried?: Omit<Tried, 'body'> & { readonly body: string };
}

export interface TryPatience {
  /** ms in which a gateway must say that it has begun. */
  readonly beginMs: number;
  /** ms between two words of a gateway that works on it. */
  readonly wordMs: number;
  /** ms without a word after which a gateway counts as gone. */
  readonly silenceMs: number;
}

const defaultPatience: TryPatience = { beginMs: 3_000, wordMs: 1_000, silenceMs: 5_000 };

/** {@link GatewayTries} over channels of Redis: one for each gateway, and one for each that asks. */
export class RedisGatewayTries implements GatewayTries {
  private readonly keys: StateKeys;
  private readonly askerId = randomUUID();
  private readonly waiting = new Map<string, (word: Word) => void>();
  private listening: Promise<void> | undefined;

  constructor(
    private readonly redis: RedisConnection,
    namespace: string,
    private readonly patience: TryPatience = defaultPatience,
  ) {
    this.keys = new StateKeys(namespace);
  }

  async send(gatewayIds: readonly string[], order: Try, signal: AbortSignal): Promise<Tried> {
    signal.throwIfAborted();
    await this.listen();
    for (const gatewayId of gatewayIds) {
      const tried = await this.ask(gatewayId, order, signal);
      if (tried !== undefined) return tried;
    }
    throw new TorchweaveError('gatewayAway', { reason: 'none', retryAfterSeconds: 1 });
  }

  async answer(gatewayId: string, answer: (order: Try) => Promise<Tried>): Promise<() => void> {
    const channel = this.keys.triesChannel(gatewayId);
    return this.subscribe(channel, (text) => {
      const asked = orderIn(text);
      if (asked !== undefined) void this.work(asked, () => answer(tryOf(asked)));
    });
  }

  /** @returns undefined where nobody is there to answer. */
  private async ask(gatewayId: string, order: Try, signal: AbortSignal): Promise<Tried | undefined> {
    const id = randomUUID();
    const words = new Words(this.patience, signal);
    this.waiting.set(id, (word) => words.take(word));
    try {
      const asked: Order = { id, askerId: this.askerId, order: { ...order, body: base64(order.body) } };
      if ((await this.publish(this.keys.triesChannel(gatewayId), asked)) === 0) return undefined;
      return await words.answer();
    } finally {
      words.close();
      this.waiting.delete(id);
    }
  }

  /** Never rejects: a word that is lost is one that whoever asked waits for in vain, and for a while. */
  private async work({ id, askerId }: Order, answer: () => Promise<Tried>): Promise<void> {
    const channel = this.keys.triedChannel(askerId);
    const say = (word: Omit<Word, 'id'>): Promise<unknown> =>
      this.publish(channel, { id, ...word }).catch(() => undefined);
    const working = setInterval(() => void say({}), this.patience.wordMs);
    try {
      await say({});
      // Must not reject; should it, nobody else is hurt: whoever asked waits for it in vain.
      const tried = await answer().catch(() => undefined);
      if (tried === undefined) return;
      await say({ tried: { ...tried, body: base64(tried.body.subarray(0, longestTriedAnswer)) } });
    } finally {
      clearInterval(working);
    }
  }

  private publish(channel: string, message: Order | Word): Promise<number> {
    return this.redis.run((redis) => redis.publish(channel, JSON.stringify(message)));
  }

  private listen(): Promise<void> {
    this.listening ??= this.subscribe(this.keys.triedChannel(this.askerId), (text) => {
      const word = objectIn<Word>(text);
      if (word !== undefined) this.waiting.get(word.id)?.(word);
    }).then(
      () => undefined,
      (error: unknown) => {
        this.listening = undefined;
        throw error;
      },
    );
    return this.listening;
  }

  private async subscribe(channel: string, take: (text: string) => void): Promise<() => void> {
    const { subscriber } = this.redis;
    const onMessage = (from: string, text: string): void => {
      if (from === channel) take(text);
    };
    subscriber.on('message', onMessage);
    const stop = (): void => {
      subscriber.off('message', onMessage);
    };
    await this.redis
      .run(() => subscriber.subscribe(channel))
      .catch((error: unknown) => {
        stop();
        throw error;
      });
    return stop;
  }
}

/** What a gateway says of one request, until it has answered. */
class Words {
  private readonly answered: Promise<Tried>;
  private settle: (tried: Tried) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private patience: NodeJS.Timeout;
  private hasBegun = false;

  constructor(
    private readonly times: TryPatience,
    private readonly signal: AbortSignal,
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.reject = reject;
    });
    // Whoever asked may have been refused before it waits.
    this.answered.catch(() => undefined);
    this.patience = setTimeout(this.giveUp, times.beginMs);
    signal.addEventListener('abort', this.abort, { once: true });
  }

  answer(): Promise<Tried> {
    return this.answered;
  }

  take({ tried }: Word): void {
    this.hasBegun = true;
    clearTimeout(this.patience);
    if (tried !== undefined) this.settle({ ...tried, body: Buffer.from(tried.body, 'base64') });
    else this.patience = setTimeout(this.giveUp, this.times.silenceMs);
  }

  close(): void {
    clearTimeout(this.patience);
    this.signal.removeEventListener('abort', this.abort);
  }

  private readonly abort = (): void => this.reject(this.signal.reason);

  private readonly giveUp = (): void => {
    const reason = this.hasBegun ? 'silent' : 'none';
    this.reject(new TorchweaveError('gatewayAway', { reason, retryAfterSeconds: 1 }));
  };
}

function tryOf({ order }: Order): Try {
  return { ...order, body: Buffer.from(order.body, 'base64') };
}

/** What is no order, or too large for one, is not answered: on a channel that others may write to, it must end nobody. */
function orderIn(text: string): Order | undefined {
  if (text.length > 2 * longestTry) return undefined;
  const asked = objectIn<Order>(text);
  const { order } = asked ?? {};
  const texts: unknown[] = [asked?.id, asked?.askerId, order?.requestId, order?.workflow, order?.body];
  return texts.every((each) => typeof each === 'string') ? asked : undefined;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
