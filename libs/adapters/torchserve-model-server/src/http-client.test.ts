import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { silentLogger } from '@torchweave/application';
import type { ExchangeLimits, HttpRequest } from '@torchweave/http-exchange';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

import { HttpClient } from './http-client.js';
import { KeyRing } from './keys.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const endpoint = 'test';
const ends: (() => Promise<unknown>)[] = [];

/** A client of a server that `handle`s requests, with one connection unless said otherwise. */
async function clientOf(handle: Handler, { connections = 1, keys = {}, prefix = '' } = {}): Promise<HttpClient> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new HttpClient({
    baseUrl: new URL(`http://127.0.0.1:${port}${prefix}`),
    endpoint,
    connections,
    keys: new KeyRing({ keys }, () => Promise.resolve(), silentLogger),
    keyKind: 'inference',
  });
  ends.push(async () => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

const limits = (over: Partial<ExchangeLimits> = {}): ExchangeLimits => ({
  timeoutMs: 10_000,
  signal: new AbortController().signal,
  maxAnswerBytes: 1_000,
  ...over,
});
const post = (over: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  path: '/predictions/a',
  headers: [],
  body: Buffer.from('hello'),
  ...over,
});

const echo: Handler = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => response.end(Buffer.concat(chunks)));
};

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

describe('HttpClient', () => {
  it('resolves with the answer whatever its status', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/plain' });
      response.write('no ');
      response.end('worker');
    });
    const answer = await client.request(post(), limits());
    expect(answer).toMatchObject({ status: 503, contentType: 'text/plain', body: Buffer.from('no worker') });
  });

  it('sends several chunks as one body', async () => {
    const client = await clientOf(echo);
    const body = [Buffer.from('one '), Buffer.from('two')];
    const answer = await client.request(post({ body }), limits());
    expect(answer.body.toString()).toBe('one two');
  });

  it('puts the path of its address before that of the request, and the key beside', async () => {
    const client = await clientOf(
      (request, response) => response.end(`${request.url ?? ''} ${request.headers.authorization ?? ''}`),
      { prefix: '/torchserve/', keys: { inference: 'key-1' } },
    );
    expect((await client.request(post(), limits())).body.toString()).toBe('/torchserve/predictions/a Bearer key-1');
  });

  it('gives up when the answer is late', async () => {
    const client = await clientOf(() => undefined);
    await expect(client.request(post(), limits({ timeoutMs: 20 }))).rejects.toMatchObject({
      code: 'modelServerLate',
      data: { endpoint, timeoutMs: 20 },
    });
  });

  it('gives up a request that still waits for a connection', async () => {
    const client = await clientOf(() => undefined);
    const first = client.request(post(), limits()).catch(() => undefined);
    await expect(client.request(post(), limits({ timeoutMs: 20 }))).rejects.toMatchObject({
      code: 'modelServerLate',
    });
    client.close();
    await first;
  });

  it('rejects with the reason of the signal', async () => {
    const client = await clientOf(() => undefined);
    const abort = new AbortController();
    const answer = client.request(post(), limits({ signal: abort.signal }));
    const gone = new Error('the client is gone');
    abort.abort(gone);
    await expect(answer).rejects.toBe(gone);
    await expect(client.request(post(), limits({ signal: abort.signal }))).rejects.toBe(gone);
  });

  it('lets many requests share a signal without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const client = await clientOf(echo);
    const shared = limits();
    await Promise.all(Array.from({ length: 20 }, () => client.request(post(), shared)));
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  });

  it('works on after a request was given up', async () => {
    let requests = 0;
    const client = await clientOf((request, response) => {
      requests += 1;
      if (requests > 1) echo(request, response);
    });
    await expect(client.request(post(), limits({ timeoutMs: 20 }))).rejects.toThrow();
    expect((await client.request(post(), limits())).body.toString()).toBe('hello');
  });

  it('refuses an answer beyond the limit', async () => {
    const client = await clientOf((_request, response) => response.end(Buffer.alloc(1_001)));
    await expect(client.request(post(), limits())).rejects.toMatchObject({
      code: 'modelServerRefused',
      data: { answered: '413' },
    });
  });

  it('sends a request again when the server had given up the connection', async () => {
    const connections: unknown[] = [];
    const client = await clientOf((request, response) => {
      const isReused = connections.includes(request.socket);
      connections.push(request.socket);
      if (isReused) request.socket.destroy();
      else echo(request, response);
    });
    await client.request(post(), limits());
    expect((await client.request(post(), limits())).body.toString()).toBe('hello');
    expect(connections).toHaveLength(3);
  });

  it('sends a request twice at most', async () => {
    let requests = 0;
    const client = await clientOf((request) => {
      requests += 1;
      request.socket.destroy();
    });
    await expect(client.request(post(), limits())).rejects.toMatchObject({ code: 'modelServerUnreachable' });
    expect(requests).toBe(2);
  });

  it('does not send a request again once an answer has begun', async () => {
    let requests = 0;
    const client = await clientOf((request, response) => {
      requests += 1;
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => request.socket.destroy());
    });
    await expect(client.request(post(), limits())).rejects.toMatchObject({ code: 'modelServerUnreachable' });
    expect(requests).toBe(1);
  });

  it('tells a server that is not there', async () => {
    const client = await clientOf(echo);
    await ends.pop()?.();
    await expect(client.request(post(), limits())).rejects.toMatchObject({
      code: 'modelServerUnreachable',
      data: { endpoint, reason: 'this client is closed' },
    });
  });

  it('tells a key that is refused', async () => {
    const client = await clientOf((_request, response) => {
      response
        .writeHead(400)
        .end('{"code": 400, "type": "InvalidKeyException", "message": "Token Authorization failed."}');
    });
    await expect(client.request(post(), limits())).rejects.toMatchObject({
      code: 'modelServerUnauthorized',
      data: { endpoint, message: 'Token Authorization failed.' },
    });
  });
});
