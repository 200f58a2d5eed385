import { silentLogger } from '@torchweave/application';
import {
  ErrorAnswers,
  followTorchServe,
  Intake,
  openIntake,
  loadSettings,
  requestIdOf,
  RequestsInFlight,
} from '@torchweave/platform';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

type Options = ConstructorParameters<typeof Intake>[0];
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

  async function serve(given: Partial<Limits> = {}, inFlight = new RequestsInFlight('things', 1)): Promise<number> {
    const intake = new Intake({ limits: { ...limits, ...given }, rule: () => [], inFlight });
    const errors = new ErrorAnswers({ logger: silentLogger, maxRequestSize: 1_000 });
    const server = fastify({
      bodyLimit: 1_000,
      genReqId: ({ headers }) => requestIdOf(headers),
      ...intake.serverOptions,
    });
    servers.push(server);
    intake.guard(server, errors);
    intake.limit(server, errors, ({ url }) => url === '/wait');
    followTorchServe(server);
    server.setErrorHandler((error, request, reply) => void errors.answer(error, request, reply));
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    server.all('/*', () => ({ status: 'ok' }));
    server.get('/wait', async (request) => {
      await once(request.socket, 'close');
    });
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
    const inFlight = new RequestsInFlight('things under way', 1);
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

  const open = (file: string): ReturnType<typeof openIntake> => {
    const tsConfig = join(directory, 'config.properties');
    writeFileSync(tsConfig, file);
    const { settings } = loadSettings({ flags: {}, environment: {}, tsConfig });
    return openIntake(settings, 'inference', silentLogger);
  };
  const secure = 'inference_address=https://127.0.0.1:8443\n';

  it('is spoken on an https:// address, by certificate and key file', async () => {
    const { intake, listen } = await open(`${secure}certificate_file=${certificate}\nprivate_key_file=${key}\n`);
    expect(listen).toEqual({ host: '127.0.0.1', port: 8443 });
    const server = fastify(intake.serverOptions);
    server.get('/', () => 'sealed');
    const address = intake.urlOf(await server.listen({ port: 0, host: '127.0.0.1' }));
    expect(address).toMatch(/^https:/);
    const ca = readFileSync(certificate);
    const text = await new Promise<string>((resolve, reject) => {
      get(`${address}/`, { ca }, (response) => response.setEncoding('utf8').on('data', resolve)).on('error', reject);
    });
    await server.close();
    expect(text).toBe('sealed');
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
