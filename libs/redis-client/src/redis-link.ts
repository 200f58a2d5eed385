import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { within } from '@torchweave/kernel';
import { Redis, type RedisOptions } from 'ioredis';
import { keepSubscriptions } from './keep-subscriptions.js';
import { redisFaultOf, replyWordOf, silent, silentTls, type RedisFault } from './redis-fault.js';
import { parseRedisUrl } from './redis-url.js';
import { writeRefusalOf, type WriteRefusal } from './write-refusal.js';

/** ms that Redis may take to be connected to, when an app starts. */
const openTimeoutMs = 5_000;
const longestReconnectDelayMs = 1_000;
/** ms between two looks whether writes are taken again. */
const probeMs = 500;
/** ms in which a lost connection may tell its cause. */
const causeWaitMs = 250;

/** How a connection behaves while it is lost; see ioredis. */
export type ClientOptions = Pick<RedisOptions, 'commandTimeout' | 'enableOfflineQueue' | 'maxRetriesPerRequest'>;

/**
 * One process' way to one Redis: makes its connections, and tells once when they are lost, with address and cause, and once when
 * all of them are back; likewise for a Redis that takes no writes.
 */
export class RedisLink {
  /** For people: without user and password. */
  readonly address: string;
  private readonly lost = new Set<string>();
  private lostSince = 0;
  private cause: unknown;
  private telling: NodeJS.Timeout | undefined;
  private refusal: string | undefined;
  private probing: NodeJS.Timeout | undefined;
  private readonly clients = new Set<Redis>();
  private readonly troubleListeners = new Set<() => void>();

  /**
   * @param namespace of the keys; a key of it is written to see whether writes are taken.
   * @throws TorchweaveError `configurationInvalid` for what is no address of one Redis.
   */
  constructor(
    readonly url: string,
    private readonly logger: Logger,
    private readonly namespace = 'torchweave',
  ) {
    this.address = parseRedisUrl(url);
  }

  /** Whether a connection is lost, or Redis takes no writes. */
  get isTroubled(): boolean {
    return this.lost.size > 0 || this.refusal !== undefined;
  }

  /** Calls each time that trouble begins. */
  onTrouble(listener: () => void): () => void {
    this.troubleListeners.add(listener);
    return () => void this.troubleListeners.delete(listener);
  }

  /**
   * A connection that is not opened yet and comes back by itself when it is lost. With `maxRetriesPerRequest: 0` a command that
   * has lost it fails, and is never sent again.
   *
   * @param role names it in the log.
   */
  client(role: string, options: ClientOptions = {}): Redis {
    const client = new Redis(this.url, {
      lazyConnect: true,
      connectTimeout: openTimeoutMs,
      autoResubscribe: false,
      retryStrategy: (attempt) => Math.min(attempt * 50, longestReconnectDelayMs),
      ...options,
    });
    keepSubscriptions(client);
    this.clients.add(client);
    let hasBeenReady = false;
    let isLast = false;
    client.on('error', (error: Error) => {
      this.cause = error;
      this.logger.debug({ role, err: error }, 'redis connection');
    });
    client.on('ready', () => {
      hasBeenReady = true;
      this.restored(role);
    });
    client.on('end', () => this.forget(role, client));
    client.on('close', () => {
      if (hasBeenReady && !isLast) this.lose(role);
    });
    const disconnect = client.disconnect.bind(client);
    client.disconnect = (reconnect?: boolean) => {
      if (reconnect !== true) isLast = true;
      disconnect(reconnect);
      if (isLast) this.forget(role, client);
    };
    return client;
  }

  /**
   * Connects, and looks whether this Redis keeps what it is given.
   *
   * @throws TorchweaveError `redisUnusable`; the connections are closed then.
   */
  async open(clients: readonly Redis[]): Promise<void> {
    const [first] = clients;
    let last: unknown;
    for (const client of clients) client.on('error', (error: Error) => (last = error));
    const late = (): Error => Object.assign(new Error('too late'), { code: 'ETIMEDOUT' });
    const connectAndCheck = async (): Promise<void> => {
      await Promise.all(clients.map((client) => client.connect()));
      if (first !== undefined) await this.check(first);
    };
    try {
      await within(openTimeoutMs, connectAndCheck(), late);
    } catch (error) {
      for (const client of clients) client.disconnect();
      if (error instanceof TorchweaveError) throw error;
      const fault = redisFaultOf(last ?? error, this.namespace);
      throw this.unusable(fault === silent && this.url.startsWith('rediss:') ? silentTls : fault, error);
    }
  }

  /** To be told of errors of connections that this has not made, and of replies: a refused write begins trouble. */
  observeError(error: unknown): void {
    const word = replyWordOf(error);
    if (word === undefined || writeRefusalOf(error) === undefined) {
      this.logger.debug({ err: error }, 'redis connection');
      return;
    }
    if (this.refusal === word) return;
    this.refusal = word;
    const { reason, remedy } = redisFaultOf(error, this.namespace);
    this.logger.error({ address: this.address, reason }, `Redis takes no writes: ${reason}. ${remedy}`);
    this.probing ??= setInterval(() => void this.probe(), probeMs).unref();
    this.troubled();
  }

  /** Why Redis takes no writes; undefined where it does, or does not answer. */
  async writeRefusal(client: Redis): Promise<WriteRefusal | undefined> {
    try {
      await this.writeProbe(client);
      return undefined;
    } catch (error) {
      this.observeError(error);
      return writeRefusalOf(error);
    }
  }

  private async writeProbe(client: Redis): Promise<void> {
    await client.set(`{${this.namespace}}:probe`, '1', 'PX', probeMs);
  }

  private async probe(): Promise<void> {
    const client = [...this.clients].find(({ status, mode }) => status === 'ready' && mode !== 'subscriber');
    if (client === undefined) return;
    const isTaken = await this.writeProbe(client).then(
      () => true,
      () => false,
    );
    if (!isTaken || this.refusal === undefined) return;
    this.refusal = undefined;
    clearInterval(this.probing);
    this.probing = undefined;
    this.logger.info({ address: this.address }, 'Redis takes writes again');
  }

  private async check(client: Redis): Promise<void> {
    // ioredis goes on in database 0 where it cannot have the other one.
    const database = new URL(this.url).pathname.slice(1);
    if (database !== '') await client.select(Number(database));
    const info = await client.info();
    const valueOf = (key: string): string | undefined => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(info)?.[1];
    if (valueOf('redis_mode') === 'cluster' || valueOf('cluster_enabled') === '1') {
      throw this.unusable({
        reason: 'it is a node of a cluster',
        remedy: 'Give the address of a single Redis, or of a proxy.',
      });
    }
    const policy = valueOf('maxmemory_policy') ?? 'noeviction';
    if (policy !== 'noeviction') {
      throw this.unusable({
        reason: `its maxmemory-policy is ${policy}, which drops workflows and jobs when memory is short`,
        remedy: 'Run: redis-cli CONFIG SET maxmemory-policy noeviction, and set the same in its configuration file.',
      });
    }
  }

  private unusable({ reason, remedy }: RedisFault, cause?: unknown): TorchweaveError<'redisUnusable'> {
    return new TorchweaveError('redisUnusable', { address: this.address, reason, remedy }, { cause });
  }

  private lose(role: string): void {
    const isFirst = this.lost.size === 0;
    this.lost.add(role);
    if (!isFirst) return;
    this.lostSince = performance.now();
    this.cause = undefined;
    this.telling = setTimeout(() => this.tellLost(), causeWaitMs).unref();
    this.troubled();
  }

  private tellLost(): void {
    this.telling = undefined;
    const { address } = this;
    const fault = this.cause === undefined ? undefined : redisFaultOf(this.cause, this.namespace);
    const reason = fault?.reason ?? 'the connection was lost';
    this.logger.error({ address, reason }, `Redis is away: ${reason}. It is tried again until it answers.`);
  }

  private restored(role: string): void {
    if (!this.lost.delete(role) || this.lost.size > 0) return;
    if (this.telling !== undefined) {
      clearTimeout(this.telling);
      this.tellLost();
    }
    const awayMs = Math.round(performance.now() - this.lostSince);
    this.logger.info({ address: this.address, awayMs }, 'Redis answers again');
  }

  private forget(role: string, client: Redis): void {
    this.clients.delete(client);
    if (this.clients.size === 0) clearInterval(this.probing);
    this.lost.delete(role);
    if (this.lost.size > 0) return;
    clearTimeout(this.telling);
    this.telling = undefined;
  }

  private troubled(): void {
    for (const listener of this.troubleListeners) listener();
  }
}
