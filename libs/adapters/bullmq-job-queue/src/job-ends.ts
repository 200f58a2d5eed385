import type { RedisLink } from '@torchweave/redis-client';
import type { Redis } from 'ioredis';

/** An end of an operation that somebody waits for. */
export interface AwaitedEnd {
  /** Resolves when the operation's worker has told of its end. */
  readonly told: Promise<void>;
  forget(): void;
}

/**
 * Hears from workers which operations have ended.
 *
 * BullMQ's own events tell every process every step of every job. A message that is lost with a connection is made up for by
 * whoever waits: it looks now and then.
 */
export class JobEnds {
  /** To be opened by whoever makes this. */
  readonly redis: Redis;
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor(
    link: RedisLink,
    private readonly channel: string,
  ) {
    this.redis = link.client('job-ends', { maxRetriesPerRequest: null });
    this.redis.on('message', (_channel, operationId: string) => {
      for (const wake of this.waiting.get(operationId) ?? []) wake();
    });
  }

  /** Resolves when it listens; it goes on over lost connections. */
  async listen(): Promise<void> {
    await this.redis.subscribe(this.channel);
  }

  /** Whoever looks at the operation after this misses no end of it. */
  expect(operationId: string): AwaitedEnd {
    const waiting = this.waiting.get(operationId) ?? new Set();
    this.waiting.set(operationId, waiting);
    let wake: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (wake = resolve));
    waiting.add(wake);
    return {
      told,
      forget: () => {
        waiting.delete(wake);
        if (waiting.size === 0) this.waiting.delete(operationId);
      },
    };
  }

  close(): void {
    this.redis.disconnect();
  }
}
