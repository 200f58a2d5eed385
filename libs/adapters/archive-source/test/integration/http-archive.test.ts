import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { download, serve, serveRaw, sourceWith } from './local-servers.js';

const ok = 'HTTP/1.1 200 OK\r\n';

describe('an archive over http', () => {
  it('is read as it is sent', async () => {
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 256));
    const { url } = await serve((_request, response) => response.end(body));
    expect(await download(sourceWith(), `${url}/a.war`)).toEqual(body);
  });

  it('is asked for without compression, and a compressed answer is not inflated', async () => {
    const body = gzipSync('a gzipped tar, say');
    let asked: string | string[] | undefined;
    const { url } = await serve((request, response) => {
      asked = request.headers['accept-encoding'];
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    });
    expect(await download(sourceWith(), `${url}/a.tar.gz`)).toEqual(body);
    expect(asked).toBe('identity');
  });

  it('may be empty', async () => {
    const { url } = await serve((_request, response) => response.end());
    expect(await download(sourceWith(), `${url}/a.war`)).toHaveLength(0);
  });

  /** How a server may end what it sends, with nothing missing. */
  const endings: readonly (readonly [string, (body: Buffer) => readonly Buffer[], (socket: Socket) => void])[] = [
    [
      'HTTP/1.1 with a length, and a closed connection',
      (body) => [head(`content-length: ${body.length}`), body],
      (socket) => socket.end(),
    ],
    [
      'HTTP/1.1 with a length, and a connection that stays',
      (body) => [head(`content-length: ${body.length}`, 'keep-alive'), body],
      () => undefined,
    ],
    [
      'HTTP/1.1 with a length, and bytes behind it',
      (body) => [head(`content-length: ${body.length}`), body, Buffer.from('more')],
      (socket) => socket.end(),
    ],
    ['HTTP/1.1 without a length, and a closed connection', (body) => [head(), body], (socket) => socket.end()],
    [
      'HTTP/1.0 with a length',
      (body) => [Buffer.from(`HTTP/1.0 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body],
      (socket) => socket.end(),
    ],
    ['HTTP/1.0 without a length', (body) => [Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), body], (socket) => socket.end()],
    [
      'chunks',
      (body) => [
        head('transfer-encoding: chunked'),
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from('\r\n0\r\n\r\n'),
      ],
      (socket) => socket.end(),
    ],
    [
      'a length and a reset when all has been read',
      (body) => [head(`content-length: ${body.length}`), body],
      (socket) => void setTimeout(() => socket.resetAndDestroy(), 50),
    ],
  ];
  const head = (field = 'x: y', connection = 'close'): Buffer =>
    Buffer.from(`${ok}${field}\r\nConnection: ${connection}\r\n\r\n`);

  it.each(endings.flatMap((ending) => [60_000, 1_000_000, 12_000_000].map((bytes) => [...ending, bytes] as const)))(
    'comes whole with %s, however slowly it is written down',
    async (_what, parts, end, bytes) => {
      const body = randomBytes(bytes);
      const { url } = await serveRaw((socket) => {
        const all = Buffer.concat(parts(body));
        socket.write(all, () => end(socket));
      });
      const source = sourceWith({ maxArchiveBytes: bytes });
      const hash = createHash('sha256');
      for await (const chunk of await source.open(`${url}/a.war`, new AbortController().signal)) {
        hash.update(chunk);
        // As a disk that lets its writer wait: the connection has ended meanwhile.
        await setImmediate();
      }
      expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
    },
  );

  it('is not missed where nobody reads it and its connection breaks', async () => {
    const { url } = await serveRaw((socket) => {
      socket.write(`${ok}content-length: 100000000\r\n\r\nabc`, () => socket.resetAndDestroy());
    });
    const body = await sourceWith({ maxArchiveBytes: 1e9 }).open(`${url}/a.war`, new AbortController().signal);
    await delay(50);
    const read = async (): Promise<void> => {
      for await (const _ of body) void _;
    };
    await expect(read()).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { reason: 'the connection was cut off' },
    });
  });

  it('is refused for headers that are too large', async () => {
    const { url } = await serveRaw((socket) => socket.end(`${ok}x: ${'y'.repeat(20_000)}\r\n\r\n`));
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      data: { reason: 'the headers of the answer are too large' },
    });
  });

  it('may end with its connection', async () => {
    const { url } = await serveRaw((socket) => socket.end(`${ok}connection: close\r\n\r\nabc`));
    expect((await download(sourceWith(), `${url}/a.war`)).toString()).toBe('abc');
  });

  it.each([201, 204, 206, 304, 401, 404, 500, 503])('is refused when the server answers %i', async (status) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end());
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      status: 400,
      message: `Failed to download archive from: ${url}/a.war`,
      data: { url: `${url}/a.war`, reason: `the server answered ${status}` },
    });
  });

  it('is refused when the connection is', async () => {
    const { url } = await serve(() => undefined);
    const closed = url.replace(/\d+$/, '1');
    await expect(download(sourceWith(), `${closed}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { url: `${closed}/a.war`, reason: 'the connection was refused' },
    });
  });

  it.each(['http://localhost:aaaa', 'http://', 'http://user:secret@localhost/a.war'])(
    'is refused for the URL %s',
    async (url) => {
      await expect(download(sourceWith(), url)).rejects.toMatchObject({ code: 'downloadFailed', data: { url } });
    },
  );

  it('is refused when its URL holds ..', async () => {
    const url = 'http://localhost/models/%2e%2e/secret.war';
    await expect(download(sourceWith(), url)).rejects.toMatchObject({ code: 'relativePath', data: { url } });
  });

  it('is refused for an answer that is no HTTP', async () => {
    const { url } = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { reason: 'the answer is not HTTP' },
    });
  });

  it('fails with its stream when the body is cut off before its announced end', async () => {
    const { url } = await serveRaw((socket) => socket.end(`${ok}content-length: 100\r\n\r\nabc`));
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { url: `${url}/a.war`, reason: 'the connection was cut off' },
    });
  });

  it('fails with its stream when a chunked body is cut off', async () => {
    const { url } = await serveRaw((socket) => socket.end(`${ok}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n`));
    await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({
      code: 'downloadFailed',
      data: { reason: 'the connection was cut off' },
    });
  });

  describe('of too many bytes', () => {
    it('is refused at once when its length is announced', async () => {
      const { url } = await serveRaw((socket) => socket.write(`${ok}content-length: 1000001\r\n\r\n`));
      const opening = sourceWith().open(`${url}/a.war`, new AbortController().signal);
      await expect(opening).rejects.toMatchObject({
        code: 'archiveTooLarge',
        data: { url: `${url}/a.war`, limitBytes: 1_000_000 },
      });
    });

    it('is cut off in the middle when its length is not announced', async () => {
      const { url } = await serve((_request, response) => {
        const pump = (): void => {
          while (response.write(Buffer.alloc(65_536)));
          response.once('drain', pump);
        };
        pump();
      });
      await expect(download(sourceWith(), `${url}/a.war`)).rejects.toMatchObject({ code: 'archiveTooLarge' });
    });

    it('is accepted with one byte less', async () => {
      const { url } = await serve((_request, response) => response.end(Buffer.alloc(1_000_000)));
      expect(await download(sourceWith(), `${url}/a.war`)).toHaveLength(1_000_000);
    });
  });

  describe('that takes its time', () => {
    it('is given up when there is no answer within the total limit', async () => {
      const { url } = await serve(() => undefined);
      await expect(download(sourceWith({ totalTimeoutMs: 100 }), `${url}/a.war`)).rejects.toMatchObject({
        code: 'downloadFailed',
        data: { reason: 'it took too long' },
      });
    });

    it('is given up in the middle of a body that never ends', async () => {
      const { url } = await serve((_request, response) => {
        response.write('abc');
        const drip = setInterval(() => response.write('.'), 10);
        response.once('close', () => clearInterval(drip));
      });
      await expect(download(sourceWith({ totalTimeoutMs: 200 }), `${url}/a.war`)).rejects.toMatchObject({
        code: 'downloadFailed',
        data: { reason: 'it took too long' },
      });
    });

    it('is given up when its host cannot be looked up within the limit for connecting', async () => {
      const lookup = (): void => undefined;
      const source = sourceWith({ connectTimeoutMs: 100, lookup });
      await expect(download(source, 'http://slow.example/a.war')).rejects.toMatchObject({
        code: 'downloadFailed',
        data: { reason: 'the host did not answer in time' },
      });
    });

    it('counts redirects into the total limit', async () => {
      const { url } = await serve((request, response) => {
        if (request.url === '/a.war') response.writeHead(302, { location: '/b.war' }).end();
      });
      await expect(download(sourceWith({ totalTimeoutMs: 200 }), `${url}/a.war`)).rejects.toMatchObject({
        data: { reason: 'it took too long' },
      });
    });
  });

  describe('whose caller aborts', () => {
    const reason = new Error('the job has ended');

    it('is not begun', async () => {
      let requests = 0;
      const { url } = await serve((_request, response) => response.end(String((requests += 1))));
      await expect(download(sourceWith(), `${url}/a.war`, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(requests).toBe(0);
    });

    it('ends with the reason of the abort before there is an answer', async () => {
      const caller = new AbortController();
      const { url } = await serve(() => caller.abort(reason));
      await expect(download(sourceWith(), `${url}/a.war`, caller.signal)).rejects.toBe(reason);
    });

    it('ends with the reason of the abort in the middle of the body, and the connection with it', async () => {
      const caller = new AbortController();
      let closed: Promise<unknown> = Promise.resolve();
      const { url } = await serve((_request, response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        response.write('abc', () => caller.abort(reason));
      });
      await expect(download(sourceWith(), `${url}/a.war`, caller.signal)).rejects.toBe(reason);
      await closed;
    });

    it('is closed when the reader stops reading', async () => {
      let closed: Promise<unknown> = Promise.resolve();
      const { url } = await serve((_request, response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        response.write('abc');
      });
      const body = await sourceWith().open(`${url}/a.war`, new AbortController().signal);
      for await (const chunk of body) {
        expect(Buffer.from(chunk).toString()).toBe('abc');
        break;
      }
      await closed;
    });
  });
});
