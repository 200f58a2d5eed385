import {
  ModelServerFleet,
  RoutingTable,
  RunWorkflow,
  silentLogger,
  type ArchiveStore,
  type FunctionRuntime,
  type WorkflowRecord,
  type WorkflowState,
} from '@torchweave/application';
import { defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { createGatewayServer } from '@torchweave/gateway';
import { loadSettings, openAdmission } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import { manifestText, specText } from '@torchweave/testing/builders';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const maxRequestSize = 2_000_000;

const record: WorkflowRecord = {
  ...{ schemaVersion: 1, phase: 'ready', revision: 1, operationId: 'o', changedAt: '2026-01-01T00:00:00Z' },
  definition: defineWorkflow({
    ...{ url: 'echo.war', digest: 'd' },
    manifest: parseManifest(manifestText({ workflowName: 'echo' })),
    spec: parseSpec(specText({ models: {}, dag: { echo: [] } }), 'spec.yaml'),
  }),
};
const state: WorkflowState = {
  ...emptyPorts.state,
  get: () => Promise.resolve(record),
  changesSince: (revision) => Promise.resolve(revision === 0 ? [{ workflow: 'echo', revision: 1, record }] : []),
};
const archives: ArchiveStore = {
  ...emptyPorts.archives,
  open: (digest) =>
    Promise.resolve({
      digest,
      directory: '/nowhere',
      ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
    }),
};

interface Seen {
  readonly fields: Readonly<Record<string, { readonly bytes: string; readonly contentType?: string }>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers what it has received. */
const functions: FunctionRuntime = {
  ...emptyPorts.functions,
  call: (_unit, _name, input, { headers }) => {
    const fields = Object.fromEntries(
      input.map(({ name, value, contentType }) => [name, { bytes: Buffer.from(value).toString('hex'), contentType }]),
    );
    return Promise.resolve({ value: Buffer.from(JSON.stringify({ fields, headers })) });
  },
};

async function serve(
  options: { readonly keyFile?: string; readonly forwardsCredentials?: boolean } = {},
): Promise<{ readonly server: FastifyInstance; readonly url: string }> {
  const { settings } = loadSettings({ flags: { keyFile: options.keyFile }, environment: {} });
  const { admission } = await openAdmission(settings, 'inference', silentLogger);
  const table = new RoutingTable('reading', { ...emptyPorts, state, archives, functions, logger: silentLogger });
  await table.start();
  await table.leave();
  const server = createGatewayServer({
    ...{ table, logger: silentLogger, maxRequestSize, admission, unreadiness: () => undefined },
    forwardsCredentials: options.forwardsCredentials,
    runner: new RunWorkflow(functions, new ModelServerFleet([], silentLogger)),
  });
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  return { server, url: `${address}/wfpredict/echo` };
}

async function send(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders,
  body?: Buffer,
): Promise<{ readonly status: number | undefined; readonly body: Buffer }> {
  const sent = request(url, { method, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, body: await buffer(answer) };
}

describe('what a gateway reads', () => {
  let server: FastifyInstance;
  let url: string;
  beforeAll(async () => {
    ({ server, url } = await serve());
  });
  afterAll(() => server.close());

  const seen = async (method: string, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Seen> => {
    const answer = await send(url, method, headers, body);
    expect([answer.status, answer.body.toString()]).toEqual([200, expect.any(String)]);
    return JSON.parse(answer.body.toString()) as Seen;
  };
  const refusal = async (headers: OutgoingHttpHeaders, body: Buffer): Promise<unknown> => {
    const answer = await send(url, 'POST', headers, body);
    return { status: answer.status, ...(JSON.parse(answer.body.toString()) as object) };
  };

  const picture = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is the whole body of a %s', async (method) => {
    const bytes = picture.toString('hex');
    const plain = await seen(method, { 'content-length': picture.length }, picture);
    expect(plain.fields).toEqual({ body: { bytes } });
    const typed = await seen(method, { 'content-type': 'image/png', 'transfer-encoding': 'chunked' }, picture);
    expect(typed.fields).toEqual({ body: { bytes, contentType: 'image/png' } });
  });

  it('is described by the version that runs', async () => {
    const { body } = await send(new URL('/', url).href, 'OPTIONS', {});
    expect(JSON.parse(body.toString())).toMatchObject({ openapi: '3.1.0', info: { version } });
  });

  it('is nothing of a GET without a body, whatever its content type', async () => {
    expect((await seen('GET', {})).fields).toEqual({ body: { bytes: '' } });
    expect((await seen('GET', { 'content-type': 'text/plain' })).fields).toEqual({
      body: { bytes: '', contentType: 'text/plain' },
    });
  });

  it('bounds the body of a GET as that of a POST', async () => {
    const body = Buffer.alloc(maxRequestSize + 1);
    expect(await send(url, 'GET', { 'content-length': body.length }, body)).toMatchObject({ status: 413 });
  });

  describe('of a body in gzip', () => {
    const json = Buffer.from('{"a": 1}');
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'x-tenant': 'blue' };

    it.each(['gzip', 'x-gzip', 'GZIP'])(
      'is what it was before (%s), without the headers that speak of the gzip',
      async (encoding) => {
        const { fields, headers: told } = await seen(
          'POST',
          { ...headers, 'content-encoding': encoding },
          gzipSync(json),
        );
        expect(fields).toEqual({ body: { bytes: json.toString('hex'), contentType: 'application/json' } });
        const names = Object.keys(told).map((name) => name.toLowerCase());
        expect(names).toEqual(expect.arrayContaining(['x-tenant', 'content-type']));
        expect(names).not.toContain('content-encoding');
        expect(names).not.toContain('content-length');
      },
    );

    it('is its fields, where it is a form', async () => {
      const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
      expect((await seen('POST', form, gzipSync('a=1'))).fields).toEqual({ a: { bytes: '31' } });
    });

    it('is the body as it is, where it has no other encoding', async () => {
      const plain = { ...headers, 'content-encoding': 'Identity' };
      const told = await seen('POST', plain, json);
      expect(told.fields['body']?.bytes).toBe(json.toString('hex'));
      expect(told.headers['content-encoding']).toBe('Identity');
    });

    it('ends at max_request_size', async () => {
      const random = Buffer.from(Array.from({ length: maxRequestSize }, (_, index) => ((index * index) >> 7) % 256));
      const { fields } = await seen('POST', headers, gzipSync(random));
      expect(fields['body']?.bytes.length).toBe(2 * maxRequestSize);
      expect(await refusal(headers, gzipSync(Buffer.concat([random, json])))).toMatchObject({
        ...{ status: 413, type: 'RequestEntityTooLargeException' },
        message: expect.stringContaining(`inflates to more than ${maxRequestSize} bytes`),
      });
    });

    it('ends at 200 times what was sent, beyond a megabyte', async () => {
      const { fields } = await seen('POST', headers, gzipSync(Buffer.alloc(1_048_576)));
      expect(fields['body']?.bytes.length).toBe(2 * 1_048_576);
      expect(await refusal(headers, gzipSync(Buffer.alloc(1_048_577)))).toMatchObject({ status: 413 });
    });

    it.each([
      ['what is none', json],
      ['what is cut off', gzipSync(picture).subarray(0, -9)],
    ])('refuses %s', async (_, body) => {
      expect(await refusal(headers, body)).toMatchObject({
        ...{ status: 400, type: 'BadRequestException' },
        message: expect.stringContaining('content encoding says gzip'),
      });
    });
  });

  it.each([
    ['deflate', deflateSync('x')],
    ['br', brotliCompressSync('x')],
    ['gzip, gzip', gzipSync(gzipSync('x'))],
    ['e'.repeat(5_000), Buffer.from('x')],
  ])('refuses another content encoding (%.20s)', async (encoding, body) => {
    const told = await refusal({ 'content-encoding': encoding }, body);
    expect(told).toMatchObject({
      ...{ status: 415, type: 'UnsupportedMediaTypeException' },
      message: `Content encoding "${encoding.slice(0, 100)}" is not supported here. Send gzip, or the body as it is.`,
    });
  });

  const credentialsIn = (headers: Seen['headers']): string[] =>
    Object.keys(headers).filter((name) => /^(authorization|cookie|proxy-authorization)$/i.test(name));
  const credentials = { Authorization: 'Bearer theirs', Cookie: 'a=b', 'Proxy-Authorization': 'Basic x' };

  it('hands headers on as the client wrote them, by which it shows who it is, too', async () => {
    const { headers } = await seen('POST', { ...credentials, 'X-Tenant': 'blue', traceparent: '00-ab-cd-01' });
    expect(headers).toMatchObject({ ...credentials, 'X-Tenant': 'blue', traceparent: '00-ab-cd-01' });
  });

  describe('where keys are in use', () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchweave-reading-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    async function headersSeen(forwardsCredentials?: boolean): Promise<Seen['headers']> {
      const keyFile = join(folder, 'keys.json');
      const guarded = await serve({ keyFile, ...(forwardsCredentials === undefined ? {} : { forwardsCredentials }) });
      try {
        const { inference } = JSON.parse(readFileSync(keyFile, 'utf8')) as { inference: { key: string } };
        const headers = { ...credentials, Authorization: `Bearer ${inference.key}`, 'X-Tenant': 'blue' };
        const { body } = await send(guarded.url, 'POST', headers);
        return (JSON.parse(body.toString()) as Seen).headers;
      } finally {
        await guarded.server.close();
      }
    }

    it('withholds the headers of which one is a key, and no other', async () => {
      const headers = await headersSeen();
      expect(headers['X-Tenant']).toBe('blue');
      expect(credentialsIn(headers)).toEqual([]);
    });

    it('hands them on where a setting says so', async () => {
      expect(await headersSeen(true)).toMatchObject({
        Cookie: 'a=b',
        Authorization: expect.stringMatching(/^Bearer /),
      });
    });
  });

  it('withholds them without keys, too, where a setting says so', async () => {
    const other = await serve({ forwardsCredentials: false });
    const { body } = await send(other.url, 'POST', { ...credentials, 'X-Tenant': 'blue' });
    await other.server.close();
    const { headers } = JSON.parse(body.toString()) as Seen;
    expect(credentialsIn(headers)).toEqual([]);
    expect(headers['X-Tenant']).toBe('blue');
  });
});
