import { silentLogger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import {
  Admission,
  ErrorAnswers,
  followTorchServe,
  HttpAdmission,
  openAdmission,
  loadSettings,
  serverOptions,
} from '@torchweave/platform';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Audit } from '../../src/http/audit.js';
import { BodyBudget } from '../../src/http/body-budget.js';
import { Cors } from '../../src/http/cors.js';
import { OwnHosts } from '../../src/http/own-hosts.js';

type Options = ConstructorParameters<typeof HttpAdmission>[0];
type Limits = Options['limits'];

const limits: Limits = {
  urlLength: 200,
  headerSize: 4_096,
  headerCount: 20,
  connections: 8,
  headersTimeout: 1_000,
  requestTimeout: 2_000,
  keepAliveTimeout: 5_000,
  sendTimeout: 2_000,
};

const admissionOf = (what: string): Options['admission'] => new Admission({ what, limit: 1 });

interface ErrorBody {
  code: number;
  type: string;
  message: string;
}

/** The first answer in what a server sent, which must be of TorchServe's shape when it is an error. */
function parseAnswer(text: string): { status: number; headers: string; body: ErrorBody } {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), headers: head.toLowerCase(), body: JSON.parse(body) as ErrorBody };
}

describe('what a server takes in', () => {
  const servers: FastifyInstance[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) await server.close();
  });

  async function serve(
    given: Partial<Limits> = {},
    counted = admissionOf('things'),
    more: Partial<Options> = {},
  ): Promise<number> {
    const admission = new HttpAdmission({
      limits: { ...limits, ...given },
      rule: () => [],
      admission: counted,
      ...more,
    });
    const errors = new ErrorAnswers({ logger: silentLogger, maxRequestSize: 1_000 });
    const server = fastify(serverOptions(1_000, errors, admission));
    servers.push(server);
    admission.guard(server, errors);
    admission.refuseUnrouted(server, errors, () => new TorchweaveError('resourceNotFound', {}));
    admission.auditChanges(server);
    admission.limitBodies(server, 1_000_000);
    admission.limit(server, errors, ({ url }) => url === '/wait' || url === '/endless');
    followTorchServe(server);
    server.setErrorHandler((error, request, reply) => void errors.answer(error, request, reply));
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    server.all('/', () => ({ status: 'ok' }));
    server.get('/wait', async (request) => {
      await once(request.socket, 'close');
    });
    server.post('/large', { bodyLimit: 1_000_000 }, () => ({ status: 'ok' }));
    server.post('/held', { bodyLimit: 1_000_000 }, async (request) => {
      await once(request.socket, 'close');
    });
    server.get('/endless', () => 'x'.repeat(50_000_000));
    await server.listen({ port: 0, host: '127.0.0.1' });
    return (server.addresses()[0] as { port: number }).port;
  }

  async function open(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  /** Everything that the server sends until it closes the connection. */
  async function until(socket: Socket): Promise<string> {
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    if (!socket.closed) await once(socket, 'close');
    return text;
  }

  async function send(port: number, text: string): Promise<string> {
    const socket = await open(port);
    socket.write(text);
    return until(socket);
  }

  const request = (head: string, ...headers: string[]): string =>
    `${[head, 'Host: here', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;

  it.each([
    ['a path that is too long', request(`GET /${'a'.repeat(300)} HTTP/1.1`), 414, 'UriTooLongException'],
    ['a query that is too long', request(`GET /?${'a'.repeat(300)} HTTP/1.1`), 414, 'UriTooLongException'],
    [
      'headers that are too large',
      request('GET / HTTP/1.1', `a: ${'b'.repeat(5_000)}`),
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'too many headers',
      request('GET / HTTP/1.1', ...Array.from({ length: 30 }, (_, i) => `a${i}: b`)),
      431,
      'RequestHeaderFieldsTooLargeException',
    ],
    [
      'a body that is too large',
      request('POST / HTTP/1.1', 'content-length: 2000') + 'x'.repeat(2_000),
      413,
      'RequestEntityTooLargeException',
    ],
    ['what is no HTTP', 'hello there\r\n\r\n', 400, 'BadRequestException'],
    [
      'another protocol',
      Buffer.from([22, 3, 1, 0, 165, 1, 0, 0, 161, 3, 3]).toString('latin1'),
      400,
      'BadRequestException',
    ],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: here\r\n: x\r\n\r\n', 400, 'BadRequestException'],
    [
      'a line break within a header',
      'GET / HTTP/1.1\r\nHost: here\r\na: b\nc: d\re\r\n\r\n',
      400,
      'BadRequestException',
    ],
    ['a request without a host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BadRequestException'],
    ['a request that names two hosts', request('GET / HTTP/1.1', 'host: there'), 400, 'BadRequestException'],
    ['a request that names its host twice', request('GET / HTTP/1.1', 'HOST: here'), 400, 'BadRequestException'],
    ['a request of HTTP/0.9', 'GET /\r\n\r\n', 400, 'BadRequestException'],
    ['a request of HTTP/2', 'GET / HTTP/2.0\r\nHost: here\r\n\r\n', 400, 'BadRequestException'],
    ['a length that is no number', request('POST / HTTP/1.1', 'content-length: x'), 400, 'BadRequestException'],
  ])('answers %s in the shape of TorchServe', async (_, text, status, type) => {
    const answer = parseAnswer(await send(await serve(), text));
    expect(answer).toMatchObject({ status, body: { code: status, type } });
    expect(answer.headers).toMatch(/x-request-id: [0-9a-f-]{36}/);
    // A client that is hung up on while it sends a body never sees its answer.
    if (status !== 413) expect(answer.headers).toContain('connection: close');
  });

  it.each([
    [
      'both a length and chunks',
      ['content-length: 4', 'transfer-encoding: chunked'],
      '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
    ],
    ['two lengths', ['content-length: 4', 'content-length: 5'], 'abcde'],
    ['an encoding that only looks like chunks', ['transfer-encoding: xchunked'], 'abcd'],
    ['chunks that are not the last encoding', ['transfer-encoding: chunked, identity'], '0\r\n\r\n'],
    ['a chunk whose size is none', ['transfer-encoding: chunked'], 'xyz\r\nabc\r\n0\r\n\r\n'],
  ])('takes no request with %s for two', async (_, headers, body) => {
    const text = await send(await serve(), request('POST / HTTP/1.1', ...headers) + body);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });

  it('answers pipelined requests in their order', async () => {
    const first = 'POST / HTTP/1.1\r\nHost: here\r\ncontent-length: 2\r\nx-request-id: first\r\n\r\nab';
    const text = await send(await serve(), first + request('GET / HTTP/1.1', 'x-request-id: second'));
    expect(text.match(/x-request-id: \w+/g)).toEqual(['x-request-id: first', 'x-request-id: second']);
  });

  it('writes no answer to a broken request into that of the one before it', async () => {
    const waiting = 'GET /wait HTTP/1.1\r\nHost: here\r\n\r\n';
    expect(await send(await serve(), `${waiting}broken\r\n\r\n`)).toBe('');
  });

  it('answers a broken request that follows one that is answered', async () => {
    const socket = await open(await serve());
    const all = until(socket);
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await once(socket, 'data');
    socket.write('broken\r\n\r\n');
    expect((await all).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it.each([
    ['headers that trickle in', 'GET / HTTP/1.1\r\nHost: here\r\n'],
    ['a body that trickles in', 'POST / HTTP/1.1\r\nHost: here\r\ncontent-length: 500\r\n\r\nabc'],
  ])('gives up %s with 408', async (_, text) => {
    const socket = await open(await serve());
    const all = until(socket);
    socket.write(text);
    const trickle = setInterval(() => socket.write('x'), 100);
    const answer = parseAnswer(await all);
    clearInterval(trickle);
    expect(answer).toMatchObject({ status: 408, body: { code: 408, type: 'RequestTimeoutException' } });
  });

  it('closes a connection that brings nothing', async () => {
    const socket = await open(await serve({ keepAliveTimeout: 100 }));
    const all = until(socket);
    socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    expect(await all).toMatch(/^HTTP\/1\.1 200/);
  });

  it('closes connections beyond its limit at once, and takes new ones when others are gone', async () => {
    const port = await serve({ connections: 2 });
    const [first] = [await open(port), await open(port)];
    expect(await until(await open(port))).toBe('');
    first.end();
    await once(first, 'close');
    expect(await send(port, request('GET / HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200/);
  });

  it('answers requests beyond its limit with 503 and when to try again, at once', async () => {
    const inFlight = admissionOf('things under way');
    const port = await serve({}, inFlight);
    const waiting = await open(port);
    waiting.write('GET /wait HTTP/1.1\r\nHost: here\r\n\r\n');
    await expect.poll(() => inFlight.size).toBe(1);
    const answer = parseAnswer(await send(port, request('GET /wait HTTP/1.1')));
    expect(answer).toMatchObject({
      status: 503,
      body: { type: 'ServiceUnavailableException', message: 'Too many things under way (limit 1). Try again.' },
    });
    expect(answer.headers).toContain('retry-after: 1');
    waiting.destroy();
    await expect.poll(() => inFlight.size).toBe(0);
  });

  it('closes the connection of a client that does not take its answer, and its place is free', async () => {
    const inFlight = admissionOf('things');
    const port = await serve({ sendTimeout: 100 }, inFlight);
    const socket = await open(port);
    socket.pause().write('GET /endless HTTP/1.1\r\nHost: here\r\n\r\n');
    await expect.poll(() => inFlight.size).toBe(1);
    await expect.poll(() => inFlight.size, { timeout: 10_000 }).toBe(0);
    expect(socket.bytesRead).toBeLessThan(50_000_000);
    expect(await send(port, request('GET / HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200/);
  });

  it('lets a client take its answer slowly within its time', async () => {
    const text = await send(await serve({ sendTimeout: 10_000 }), request('GET /endless HTTP/1.1'));
    expect(text.length).toBeGreaterThan(50_000_000);
  });

  it('writes no answer to a broken request into that of one with an unknown expectation before it', async () => {
    const waiting = 'GET /wait HTTP/1.1\r\nHost: here\r\nExpect: tea\r\n\r\n';
    expect(await send(await serve(), `${waiting}broken\r\n\r\n`)).toBe('');
  });

  describe('of bodies', () => {
    const limit = 100_000;
    const post = (path: string, bytes: number): string =>
      request(`POST ${path} HTTP/1.1`, `content-length: ${bytes}`) + 'x'.repeat(bytes);
    const inChunks = (path: string, bytes: number): string =>
      request(`POST ${path} HTTP/1.1`, 'transfer-encoding: chunked') +
      `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n0\r\n\r\n`;

    it.each([
      ['with a length', post],
      ['in chunks', inChunks],
    ])('takes as many bytes at once as there is room for, and answers one more with 503: %s', async (_, body) => {
      const bodies = new BodyBudget(limit);
      const port = await serve({}, undefined, { bodies });
      expect(await send(port, body('/large', limit))).toMatch(/^HTTP\/1\.1 200/);
      const answer = parseAnswer(await send(port, body('/large', limit + 1)));
      expect(answer).toMatchObject({ status: 503, body: { type: 'ServiceUnavailableException' } });
      expect(answer.headers).toContain('retry-after: 1');
      await expect.poll(() => bodies.size).toBe(0);
    });

    it('counts a body until its request is answered', async () => {
      const bodies = new BodyBudget(limit);
      const port = await serve({}, undefined, { bodies });
      const holding = await open(port);
      holding.write(post('/held', 60_000));
      await expect.poll(() => bodies.size).toBe(60_000);
      expect(await send(port, post('/large', 40_000))).toMatch(/^HTTP\/1\.1 200/);
      for (const body of [post, inChunks]) {
        expect(await send(port, body('/large', 40_001))).toMatch(/^HTTP\/1\.1 503/);
      }
      holding.destroy();
      await expect.poll(() => bodies.size).toBe(0);
      expect(await send(port, post('/large', limit))).toMatch(/^HTTP\/1\.1 200/);
    });

    it('counts what arrives, not what is announced', async () => {
      const bodies = new BodyBudget(limit);
      const port = await serve({}, undefined, { bodies });
      for (let clients = 0; clients < 5; clients += 1) {
        (await open(port)).write('POST /large HTTP/1.1\r\nHost: here\r\ncontent-length: 90000\r\n\r\nx');
      }
      await expect.poll(() => bodies.size).toBe(5);
      expect(await send(port, post('/large', 90_000))).toMatch(/^HTTP\/1\.1 200/);
    });

    it('answers before it has read the body of a path that is none', async () => {
      const bodies = new BodyBudget(limit);
      const socket = await open(await serve({}, undefined, { bodies }));
      const begin = once(socket, 'data');
      socket.write('POST /none HTTP/1.1\r\nHost: here\r\ncontent-length: 90000\r\n\r\nx');
      expect(String(await begin)).toMatch(/^HTTP\/1\.1 404/);
      expect(bodies.size).toBe(0);
    });
  });

  describe('without keys', () => {
    const hosts = new OwnHosts({ listensOn: '127.0.0.1', isExposed: false, allowed: ['here'] });
    const corsOf = (corsAllowedOrigin: string): Cors =>
      Cors.of({ corsAllowedOrigin, corsAllowedMethods: 'POST', corsAllowedHeaders: '' }) as Cors;
    const guarded = (cors?: Cors, admitsAll = false): Partial<Options> => ({
      site: { hosts, admitsAll, isSecure: false, ...(cors === undefined ? {} : { cors }) },
      ...(cors === undefined ? {} : { cors }),
    });
    const preflight = request('OPTIONS / HTTP/1.1', 'origin: http://app', 'access-control-request-method: POST');

    it.each([
      ['of another site', 'POST / HTTP/1.1\r\nhost: here\r\norigin: http://evil\r\ncontent-length: 1\r\n\r\nx'],
      ['by another name', 'GET / HTTP/1.1\r\nHost: evil\r\n\r\n'],
      ['of another site to a path that is none', 'GET /none HTTP/1.1\r\nhost: here\r\norigin: http://evil\r\n\r\n'],
      ['of another site with a path that cannot be read', 'GET /%zz HTTP/1.1\r\nhost: here\r\norigin: null\r\n\r\n'],
      ['that asks first', preflight.replace('OPTIONS /', 'OPTIONS /wait').replace('Connection: close\r\n', '')],
    ])('refuses a request %s, and takes nothing more of its connection', async (_, text) => {
      const answer = await send(await serve({}, undefined, guarded()), `${text}GET / HTTP/1.1\r\nHost: here\r\n\r\n`);
      expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 403']);
      expect(parseAnswer(answer).body.type).toBe('ForbiddenException');
    });

    it('lets in who says nothing of the kind', async () => {
      expect(await send(await serve({}, undefined, guarded()), request('GET / HTTP/1.1'))).toMatch(/^HTTP\/1\.1 200/);
    });

    it('answers what a browser asks first for a page that is named, and runs nothing', async () => {
      const port = await serve({}, undefined, guarded(corsOf('http://app')));
      const answer = await send(port, preflight);
      expect(answer).toMatch(/^HTTP\/1\.1 204/);
      expect(answer).toMatch(/^access-control-allow-origin: http:\/\/app\r$/m);
      expect(answer).toMatch(/^access-control-allow-methods: POST\r$/m);
      const allowed = await send(port, request('GET / HTTP/1.1', 'origin: http://app', 'sec-fetch-site: cross-site'));
      expect(allowed).toMatch(/^HTTP\/1\.1 200/);
      expect(allowed).toMatch(/^access-control-allow-origin: http:\/\/app\r$/m);
      const refused = await send(port, request('GET / HTTP/1.1', 'origin: http://other'));
      expect(refused).toMatch(/^HTTP\/1\.1 403/);
    });

    it('lets pages of any origin in where all may call, and elsewhere lets them read why not', async () => {
      const asked = request('GET / HTTP/1.1', 'origin: http://app', 'sec-fetch-site: cross-site');
      const [open, closed] = [
        await serve({}, undefined, guarded(corsOf('*'), true)),
        await serve({}, undefined, guarded(corsOf('*'))),
      ];
      expect([await send(open, preflight), await send(closed, preflight)]).toEqual([
        expect.stringMatching(/^HTTP\/1\.1 204/),
        expect.stringMatching(/^HTTP\/1\.1 204/),
      ]);
      expect(await send(open, asked)).toMatch(/^HTTP\/1\.1 200/);
      const refused = await send(closed, asked);
      expect(refused).toMatch(/^HTTP\/1\.1 403/);
      expect(refused).toMatch(/^access-control-allow-origin: \*\r$/m);
    });
  });

  describe('is told to the log', () => {
    const lines: Record<string, unknown>[] = [];
    const note = (data: object): void => void lines.push(data as Record<string, unknown>);
    const audit = (): Audit => new Audit({ ...silentLogger, info: note, warn: note });
    beforeEach(() => void lines.splice(0));

    it('when it may change something: what, from where, and what came of it', async () => {
      const port = await serve({}, undefined, { audit: audit() });
      await send(port, request('POST /?secret HTTP/1.1', 'x-request-id: mine', 'x-forwarded-for: 10.0.0.1'));
      await send(port, request('GET / HTTP/1.1'));
      await expect
        .poll(() => lines)
        .toEqual([
          {
            ...{ audit: 'change', from: '127.0.0.1', forwardedFor: '10.0.0.1', method: 'POST', path: '/' },
            ...{ status: 200, requestId: 'mine' },
          },
        ]);
    });

    it('also when its client hangs up before its end', async () => {
      const bodies = new BodyBudget(100_000);
      const socket = await open(await serve({}, undefined, { audit: audit(), bodies }));
      socket.write(request('POST /held HTTP/1.1', 'content-length: 20000') + 'x'.repeat(20_000));
      await expect.poll(() => bodies.size).toBe(20_000);
      socket.destroy();
      await expect.poll(() => lines).toMatchObject([{ audit: 'change', path: '/held', outcome: 'the client hung up' }]);
    });

    it('when it is refused; of a flood the beginning', async () => {
      const hosts = new OwnHosts({ listensOn: '127.0.0.1', isExposed: false, allowed: [] });
      const port = await serve({}, undefined, { audit: audit(), site: { hosts, admitsAll: false, isSecure: false } });
      for (let requests = 0; requests < 30; requests += 1) await send(port, request('GET / HTTP/1.1'));
      expect(lines).toHaveLength(20);
      const event = {
        audit: 'refused',
        from: '127.0.0.1',
        method: 'GET',
        path: '/',
        status: 403,
        code: 'hostNotAllowed',
      };
      expect(lines[0]).toEqual(event);
    });
  });

  it('meets an unknown expectation with an answer of its own', async () => {
    expect(await send(await serve(), request('GET / HTTP/1.1', 'expect: tea'))).toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'torchweave-tls-'));
  const certificate = join(directory, 'certificate.pem');
  const key = join(directory, 'key.pem');
  const pair = [
    '-keyout',
    key,
    '-out',
    certificate,
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...pair], {
    stdio: 'ignore',
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const open = (file: string): ReturnType<typeof openAdmission> => {
    const tsConfig = join(directory, 'config.properties');
    writeFileSync(tsConfig, file);
    const { settings } = loadSettings({ flags: {}, environment: {}, tsConfig });
    return openAdmission(settings, 'inference', silentLogger);
  };
  const secure = 'inference_address=https://127.0.0.1:8443\n';

  it('is spoken on an https:// address, by certificate and key file', async () => {
    const { admission, listen } = await open(`${secure}certificate_file=${certificate}\nprivate_key_file=${key}\n`);
    expect(listen).toEqual({ host: '127.0.0.1', port: 8443 });
    const server = fastify(admission.serverOptions);
    server.get('/', () => 'sealed');
    const address = admission.urlOf(await server.listen({ port: 0, host: '127.0.0.1' }));
    expect(address).toMatch(/^https:/);
    const ca = readFileSync(certificate);
    const text = await new Promise<string>((resolve, reject) => {
      get(`${address}/`, { ca }, (response) => response.setEncoding('utf8').on('data', resolve)).on('error', reject);
    });
    await server.close();
    expect(text).toBe('sealed');
  });

  it('closes a connection whose handshake does not end, whatever trickles in', async () => {
    const files = `certificate_file=${certificate}\nprivate_key_file=${key}\n`;
    const { admission } = await open(`${secure}${files}request_header_timeout=1\nmax_connections=2\n`);
    const server = fastify(admission.serverOptions);
    server.get('/', () => 'sealed');
    const address = admission.urlOf(await server.listen({ port: 0, host: '127.0.0.1' }));
    const port = Number(new URL(address).port);
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    const trickling = connect(port, '127.0.0.1').on('error', () => undefined);
    // The beginning of a greeting, which is never whole.
    trickling.write(Buffer.from([22, 3, 1, 2, 0, 1, 0]));
    const trickle = setInterval(() => trickling.write(Buffer.from([1])), 100);
    // `once` would reject for the reset with which the server may end them.
    const closed = [silent, trickling].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all(closed);
    clearInterval(trickle);
    const ca = readFileSync(certificate);
    const status = await new Promise((resolve, reject) => {
      get(`${address}/`, { ca, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    await server.close();
    expect(status).toBe(200);
  });

  it.each([
    [
      'without its files',
      secure,
      /^Setting inference_address must be an http:\/\/ address, or come with certificate_file/,
    ],
    [
      'with a file that is not there',
      `${secure}certificate_file=/no/file\nprivate_key_file=${key}\n`,
      /^Setting certificate_file must be a file that can be read \(ENOENT\)/,
    ],
    [
      'with a key that is none',
      `${secure}certificate_file=${certificate}\nprivate_key_file=${certificate}\n`,
      /^Setting certificate_file must be a PEM certificate to which the private key belongs/,
    ],
  ])('is refused %s in a sentence', async (_, file, message) => {
    await expect(open(file)).rejects.toThrow(message);
  });
});
