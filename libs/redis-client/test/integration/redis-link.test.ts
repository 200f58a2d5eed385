import { RedisLink } from '@torchweave/redis-client';
import type { Logger } from '@torchweave/application';
import { freePort } from '@torchweave/testing/process';
import { TestRedis } from '@torchweave/testing/redis';
import { selfSigned } from '@torchweave/testing/tls';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

/** Keeps what is told from level info on. */
class Lines implements Logger {
  readonly told: string[] = [];
  readonly info = (_data: object, message: string): void => void this.told.push(message);
  readonly warn = this.info;
  readonly error = this.info;
  readonly debug = (): void => undefined;
  readonly child = (): Logger => this;
}

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start('--requirepass', 'right');
});
afterAll(() => redis.dispose());
const withPassword = (password: string, database = ''): string =>
  `${redis.url.replace('//', `//:${password}@`)}${database}`;

/** Opens a link, and gives what it refuses with. */
async function refusal(url: string, namespace?: string): Promise<unknown> {
  const link = new RedisLink(url, new Lines(), namespace);
  const opened = link.open([link.client('one'), link.client('two', { maxRetriesPerRequest: null })]);
  return opened.then(
    () => undefined,
    (error: { code: string; data: object }) => ({ code: error.code, ...error.data }),
  );
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('a Redis that cannot be used is named with its address and cause', () => {
  const told = (reason: string): object => expect.objectContaining({ code: 'redisUnusable', reason }) as object;

  it('where nothing listens', async () => {
    expect(await refusal('redis://127.0.0.1:1')).toEqual(told('nothing listens there'));
  });

  it('where it wants a password, or another one', async () => {
    expect(await refusal(redis.url)).toEqual(told('it wants a password'));
    expect(await refusal(withPassword('wrong'))).toEqual(told('it does not take this user and password'));
  });

  it('where it has no such database', async () => {
    expect(await refusal(withPassword('right', '/16'))).toEqual(told('it has no such database'));
    expect(await refusal(withPassword('right', '/15'))).toBeUndefined();
  });

  it('where it takes connections and is mute', async () => {
    const port = await listening(createServer());
    expect(await refusal(`redis://127.0.0.1:${port}`)).toEqual(told('it takes connections and does not answer'));
  });

  it('where it speaks TLS, by an authority that is not known, or not at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchweave-link-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { certificate, key } = await selfSigned(folder);
    const port = await listening(createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }));
    const authority = 'its certificate is signed by an authority that is not known here';
    expect(await refusal(`rediss://127.0.0.1:${port}`)).toEqual(told(authority));
    expect(await refusal(`redis://127.0.0.1:${port}`)).toMatchObject({ code: 'redisUnusable' });
    const plain = await listening(createServer((socket) => socket.end('-ERR no\r\n')));
    expect(await refusal(`rediss://127.0.0.1:${plain}`)).toEqual(told('it speaks no TLS'));
    expect(await refusal(redis.url.replace('redis:', 'rediss:'))).toEqual(told('it does not begin TLS'));
  });

  it('where its user may not do what is needed', async () => {
    const admin = new Redis(withPassword('right'));
    onTestFinished(() => admin.disconnect());
    await admin.call('ACL', 'SETUSER', 'narrow', 'on', '>pw', '~*', '+@all', '-info');
    const narrow = redis.url.replace('//', '//narrow:pw@');
    expect(await refusal(narrow)).toEqual(told('its user may not do what is needed'));
    expect(await refusal(narrow, 'mine')).toMatchObject({
      remedy: expect.stringContaining('keys and channels that begin with {mine}.') as string,
    });
  });

  it('where it is a node of a cluster', async () => {
    // Without its own, the cluster's port is 10,000 above the other, where something else may listen.
    const cluster = await TestRedis.start('--cluster-enabled', 'yes', '--cluster-port', String(await freePort()));
    onTestFinished(() => cluster.dispose());
    expect(await refusal(cluster.url)).toEqual(told('it is a node of a cluster'));
  });

  it.each(['allkeys-lru', 'volatile-ttl'])('where it drops what it was given: %s', async (policy) => {
    const lossy = await TestRedis.start('--maxmemory-policy', policy);
    onTestFinished(() => lossy.dispose());
    expect(await refusal(lossy.url)).toMatchObject({
      code: 'redisUnusable',
      reason: expect.stringContaining(policy) as string,
      remedy: expect.stringContaining('CONFIG SET maxmemory-policy noeviction') as string,
    });
  });
});

describe('a link that is in use', () => {
  async function open(): Promise<{ own: TestRedis; link: RedisLink; lines: Lines; clients: Redis[] }> {
    const own = await TestRedis.start();
    const lines = new Lines();
    const link = new RedisLink(own.url, lines);
    const clients = [link.client('one'), link.client('two'), link.client('three', { maxRetriesPerRequest: null })];
    await link.open(clients);
    onTestFinished(async () => {
      for (const client of clients) client.disconnect();
      await own.dispose();
    });
    return { own, link, lines, clients };
  }

  it('tells once that Redis is away and why, and once that it is back, whatever the number of connections', async () => {
    const { own, link, lines } = await open();
    await own.stop('SIGKILL');
    await vi.waitFor(() => expect(lines.told).toHaveLength(1));
    expect([lines.told, link.isTroubled]).toEqual([
      ['Redis is away: nothing listens there. It is tried again until it answers.'],
      true,
    ]);
    await own.startAgain();
    await vi.waitFor(() => expect(link.isTroubled).toBe(false), { timeout: 10_000 });
    expect(lines.told.slice(1)).toEqual(['Redis answers again']);
  });

  it('tells once that Redis takes no writes, and once that it does again', async () => {
    const { link, lines, clients } = await open();
    const [client, admin] = clients as [Redis, Redis];
    await admin.call('CONFIG', 'SET', 'maxmemory', '1');
    for (let i = 0; i < 5; i++) await client.set('key', 'value').catch((error: unknown) => link.observeError(error));
    expect([lines.told, link.isTroubled]).toEqual([
      [expect.stringMatching(/^Redis takes no writes: it is full\./)],
      true,
    ]);
    await admin.call('CONFIG', 'SET', 'maxmemory', '0');
    await vi.waitFor(() => expect(link.isTroubled).toBe(false), { timeout: 10_000 });
    expect(lines.told.slice(1)).toEqual(['Redis takes writes again']);
  });

  it('tells nothing when it is closed', async () => {
    const { own, link, lines, clients } = await open();
    for (const client of clients) client.disconnect();
    await own.stop('SIGKILL');
    expect([lines.told, link.isTroubled]).toEqual([[], false]);
  });

  it('never sends a command again whose connection was lost', async () => {
    const { own, link, clients } = await open();
    const [client] = clients as [Redis];
    const careful = link.client('careful', { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
    await careful.connect();
    onTestFinished(() => careful.disconnect());
    await client.set('count', '0');
    own.freeze();
    const lost = careful.incr('count');
    lost.catch(() => undefined);
    await own.stop('SIGKILL');
    await expect(lost).rejects.toThrow();
    await own.startAgain();
    await vi.waitFor(async () => expect(await client.get('count')).toBe('0'), { timeout: 10_000 });
  });
});
