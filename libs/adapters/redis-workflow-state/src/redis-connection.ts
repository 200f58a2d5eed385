import { TorchweaveError } from '@torchweave/domain';
import type { Logger } from '@torchweave/application';
import { failedCommand, type RedisLink } from '@torchweave/redis-client';
import type { Redis } from 'ioredis';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** ms that a command may take before the state counts as away. */
const commandTimeoutMs = 5_000;

/** A script of the `lua` folder; the number in its name is how many keys it takes. */
export class Script {
  readonly source: string;
  readonly sha: string;
  readonly keyCount: number;

  constructor(fileName: string) {
    this.source = readFileSync(new URL(`../lua/${fileName}.lua`, import.meta.url), 'utf8');
    this.sha = createHash('sha1').update(this.source).digest('hex');
    this.keyCount = Number(fileName.slice(fileName.lastIndexOf('-') + 1));
  }
}

/** The connections of one process to Redis: one for commands, one that listens. Commands fail at once while it is away. */
export class RedisConnection {
  readonly commands: Redis;
  readonly subscriber: Redis;

  constructor(
    private readonly link: RedisLink,
    private readonly logger: Logger,
  ) {
    const commandTimeout = commandTimeoutMs;
    this.commands = link.client('state', { commandTimeout, enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    this.subscriber = link.client('state-changes', { commandTimeout, maxRetriesPerRequest: null });
  }

  /** @throws TorchweaveError `redisUnusable`. */
  async open(): Promise<void> {
    await this.link.open([this.commands, this.subscriber]);
  }

  /** Runs commands; whatever Redis or the connection throws becomes what {@link failedCommand} says, cause kept. */
  async run<T>(commands: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await commands(this.commands);
    } catch (error) {
      if (error instanceof TorchweaveError) throw error;
      this.logger.debug({ err: error }, 'redis command failed');
      this.link.observeError(error);
      throw failedCommand(error);
    }
  }

  async script(script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    if (keys.length !== script.keyCount)
      throw new Error(`the script takes ${script.keyCount} keys, not ${keys.length}`);
    return this.run(async (redis) => {
      try {
        return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
      } catch (error) {
        // The server's own protocol word for a script it has not seen since its start.
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return redis.eval(script.source, keys.length, ...keys, ...args);
      }
    });
  }

  close(): void {
    this.commands.disconnect();
    this.subscriber.disconnect();
  }
}
