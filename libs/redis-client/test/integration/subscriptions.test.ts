import { silentLogger } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import { TestRedis } from '@torchweave/testing/redis';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

/** A way to Redis that keeps the second SUBSCRIBE to itself: that by which a listener that has come back begins to listen anew. */
class Gate {
  subscriptions = 0;
  onSecond: () => void = () => undefined;
  private readonly sockets = new Set<{ destroy(): unknown }>();
  private isShut = false;
  private readonly server = createServer((client) => {
    const upstream = connect(Number(new URL(redis.url).port), '127.0.0.1');
    const end = (): void => void [client.destroy(), upstream.destroy()];
    this.sockets.add({ destroy: end });
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    if (this.isShut) end();
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      const isSubscription = /\r\nsubscribe\r\n/i.test(bytes.toString('latin1'));
      if (isSubscription) this.subscriptions += 1;
      if (isSubscription && this.subscriptions === 2) this.onSecond();
      else upstream.write(bytes);
    });
  });

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and every new one until it is opened again. */
  shut(isShut: boolean): void {
    this.isShut = isShut;
    if (isShut) for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.shut(true);
    this.server.close();
  }
}

describe('a listener whose connection is lost', () => {
  let gate: Gate;
  let listener: Redis;
  let admin: Redis;
  const unhandled: unknown[] = [];

  beforeEach(async () => {
    gate = new Gate();
    admin = new Redis(redis.url);
    const link = new RedisLink(await gate.open(), silentLogger);
    listener = link.client('listener', { maxRetriesPerRequest: null, commandTimeout: 100 });
    unhandled.length = 0;
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => {
      process.off('unhandledRejection', note);
      listener.disconnect();
      admin.disconnect();
      gate.close();
    });
    await link.open([listener]);
    await listener.subscribe('one', 'other');
  });

  it('again, while it begins to listen anew, and longer than a command may take, listens when it is back', async () => {
    const second = new Promise<void>((resolve) => {
      gate.onSecond = () => {
        gate.shut(true);
        resolve();
      };
    });
    await admin.client('KILL', 'TYPE', 'PUBSUB');
    await second;
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.shut(false);
    const heard = once(listener, 'message');
    await expect.poll(() => admin.publish('other', 'hello'), { interval: 20, timeout: 10_000 }).toBe(1);
    expect(await heard).toEqual(['other', 'hello']);
    expect(unhandled).toEqual([]);
  });

  it('and whose subscription nobody answers, listens by another connection', async () => {
    await admin.client('KILL', 'TYPE', 'PUBSUB');
    const heard = once(listener, 'message');
    await expect.poll(() => admin.publish('one', 'hello'), { interval: 20, timeout: 10_000 }).toBe(1);
    expect(await heard).toEqual(['one', 'hello']);
    expect(gate.subscriptions).toBeGreaterThan(2);
    expect(unhandled).toEqual([]);
  });

  it('is closed while it begins to listen anew, without a word', async () => {
    const second = new Promise<void>((resolve) => (gate.onSecond = resolve));
    await admin.client('KILL', 'TYPE', 'PUBSUB');
    await second;
    listener.disconnect();
    await once(listener, 'end');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });
});
