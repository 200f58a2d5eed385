import { Cancellation } from '@torchweave/kernel';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

import { ConnectionPool } from './connection-pool.js';
import { AnswerLateError, AnswerTooLargeError, type ExchangeLimits, type HttpRequest } from './exchange.js';
import { reasonOf } from './reason.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const ends: (() => void)[] = [];

interface Pooled {
  readonly pool: ConnectionPool;
  readonly port: number;
  /** Connections that the server has seen so far. */
  readonly connections: () => number;
}

/** Connections to a server that `handle`s requests: one, unless said otherwise. */
async function poolOf(handle: Handler, maxConnections = 1): Promise<Pooled> {
  let seen = 0;
  const server = createServer(handle).on('connection', () => (seen += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { host: '127.0.0.1', port, isSecure: false, connectTimeoutMs: 5_000 };
  const pool = new ConnectionPool(target, `127.0.0.1:${port}`, maxConnections);
  ends.push(() => {
    pool.close();
    server.closeAllConnections();
    server.close();
  });
  return { pool, port, connections: () => seen };
}

const limits = (over: Partial<ExchangeLimits> = {}): ExchangeLimits => ({
  timeoutMs: 10_000,
  signal: new Cancellation(),
  maxAnswerBytes: 1_000,
  ...over,
});
const get: HttpRequest = { method: 'GET', path: '/a?b=c', headers: ['x-one', '1'] };

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe('ConnectionPool', () => {
  it('sends method, path, host and headers, and no length where there is no body', async () => {
    const { pool, port } = await poolOf(({ method, url, headers }, response) => {
      response.end(JSON.stringify({ method, url, headers }));
    });
    const { body } = await pool.exchange(get, limits());
    expect(JSON.parse(body.toString())).toEqual({
      ...{ method: 'GET', url: '/a?b=c' },
      headers: { host: `127.0.0.1:${port}`, connection: 'keep-alive', 'x-one': '1' },
    });
  });

  it('uses a connection again', async () => {
    const { pool, connections } = await poolOf((_request, response) => response.end('yes'), 8);
    for (let i = 0; i < 3; i += 1) await pool.exchange(get, limits());
    expect(connections()).toBe(1);
  });

  it('makes no more connections than it may', async () => {
    const { pool, connections } = await poolOf((_request, response) => response.end('yes'), 2);
    await Promise.all(Array.from({ length: 20 }, () => pool.exchange(get, limits())));
    expect(connections()).toBe(2);
  });

  it('serves who waits in turn', async () => {
    const served: string[] = [];
    const { pool } = await poolOf(({ url = '' }, response) => {
      served.push(url);
      response.end();
    });
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    await Promise.all(paths.map((path) => pool.exchange({ ...get, path }, limits())));
    expect(served).toEqual(paths);
  });

  it('gives up what is late, what is too large and what nobody waits for', async () => {
    const { pool } = await poolOf(({ url }, response) => {
      if (url === '/large') response.end(Buffer.alloc(1_001));
    });
    await expect(pool.exchange(get, limits({ timeoutMs: 20 }))).rejects.toEqual(new AnswerLateError(20));
    await expect(pool.exchange({ ...get, path: '/large' }, limits())).rejects.toEqual(new AnswerTooLargeError(1_000));
    const signal = new Cancellation();
    const gone = new Error('nobody waits');
    const given = pool.exchange(get, limits({ signal }));
    signal.abort(gone);
    await expect(given).rejects.toBe(gone);
    await expect(pool.exchange(get, limits({ signal }))).rejects.toBe(gone);
  });

  it('does not give the answer that a given-up request gets to the next one', async () => {
    let held: ServerResponse | undefined;
    const { pool, connections } = await poolOf(({ url }, response) => {
      if (url === '/held') held = response;
      else response.end('mine');
    });
    await expect(pool.exchange({ ...get, path: '/held' }, limits({ timeoutMs: 20 }))).rejects.toThrow();
    const next = pool.exchange(get, limits());
    held?.end('of the other');
    expect((await next).body.toString()).toBe('mine');
    expect(connections()).toBe(2);
  });

  it('lets no line end into a header', async () => {
    const { pool } = await poolOf((_request, response) => response.end());
    await expect(pool.exchange({ ...get, headers: ['x-one', '1\r\nx-two: 2'] }, limits())).rejects.toThrow('line end');
  });

  it('rejects what is under way, what waits and what comes after it was closed', async () => {
    const { pool } = await poolOf(() => pool.close());
    const both = [pool.exchange(get, limits()), pool.exchange(get, limits())];
    for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected');
    const late = await pool.exchange(get, limits()).catch((error: unknown) => error);
    expect(reasonOf(late)).toBe('this client is closed');
  });

  it('tells in words of its own why a server cannot be reached', async () => {
    const target = { host: '127.0.0.1', port: 1, isSecure: false, connectTimeoutMs: 5_000 };
    const nowhere = new ConnectionPool(target, '127.0.0.1:1', 1);
    ends.push(() => {
      nowhere.close();
    });
    expect(reasonOf(await nowhere.exchange(get, limits()).catch((error: unknown) => error))).toBe('connection refused');
  });
});
