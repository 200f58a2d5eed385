import { createApiServer } from '@torchweave/api';
import { silentLogger, UploadedArchives, WorkflowManagement, type JobPayload } from '@torchweave/application';
import { createUploadStore } from '@torchweave/composition';
import { closeServer, loadSettings, openAdmission } from '@torchweave/platform';
import { emptyPorts } from '@torchweave/testing/empty-ports';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const maxBytes = 300_000;
const archive = Buffer.from('PK\r\n--\0\xff'.repeat(10_000), 'latin1');
const digest = createHash('sha256').update(archive).digest('hex');

let folder: string;
let base: string;
let enqueued: JobPayload<'register-workflow'>[];
let close: () => Promise<void>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'torchweave-uploads-'));
  enqueued = [];
  const jobs = {
    enqueue: (_: string, payload: unknown) =>
      Promise.resolve(void enqueued.push(payload as JobPayload<'register-workflow'>)),
    waitForEnd: () => Promise.resolve({ workflow: 'w' }),
    operation: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
  // Neither what a request may have nor the room for bodies bounds what is not held in memory.
  const flags = {
    archiveStore: folder,
    requestHeaderTimeout: 1,
    requestTimeout: 1,
    maxBodyBytes: 1_000,
    maxRequestSize: 1_000,
  };
  const { settings } = loadSettings({ flags, environment: {} });
  const management = new WorkflowManagement(emptyPorts.state, jobs as never, {
    waitMs: 1_000,
    uploads: new UploadedArchives(createUploadStore(settings, silentLogger), { maxBytes, limit: 2 }),
  });
  const { admission } = await openAdmission(settings, 'management', silentLogger);
  const server = await createApiServer({ management, logger: silentLogger, maxRequestSize: 1_000, admission });
  await server.listen(0, '127.0.0.1');
  base = await server.getUrl();
  close = () => closeServer({ server: server.getHttpServer(), close: () => server.close() }, admission);
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

const found = (kind: string): string[] => {
  try {
    return readdirSync(join(folder, kind));
  } catch {
    return [];
  }
};
const nothingIsLeft = (): Promise<void> =>
  vi.waitFor(() => expect([found('packed'), found('tmp'), enqueued]).toEqual([[], [], []]));

async function send(
  body: Uint8Array | FormData | ReadableStream,
  { type, query = '', headers = {} }: { type?: string; query?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${base}/workflows${query}`, {
    ...{ method: 'POST', body, duplex: 'half' },
    headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
  } as RequestInit);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const formOf = (name: string): FormData => {
  const form = new FormData();
  form.append(name, new Blob([archive]), 'w.war');
  return form;
};

/** A request that is sent by hand, as far as it goes. */
function begin(length: string, body: string): Socket {
  const { port } = new URL(base);
  const socket = connect(Number(port), '127.0.0.1');
  const headers = [`host: 127.0.0.1:${port}`, 'content-type: application/zip', 'connection: close', length];
  socket.write(`POST /workflows HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

describe('an archive in the body of a registration', () => {
  it.each(['application/zip', 'application/gzip', 'application/octet-stream', 'Application/ZIP; a=b'])(
    'of type %s is stored and registered by its digest',
    async (type) => {
      expect(await send(archive, { type, query: `?workflow_name=mine&sha256=${digest}` })).toEqual({
        status: 200,
        body: { status: 'Workflow w has been registered and scaled successfully.' },
      });
      expect(enqueued).toEqual([{ url: `sha256:${digest}`, workflowName: 'mine', uploaded: digest }]);
      expect(readFileSync(join(folder, 'packed', digest))).toEqual(archive);
      expect(found('tmp')).toEqual([]);
    },
  );

  it('may be the file of a form, and may have no length', async () => {
    expect(await send(formOf('file'), { query: '?synchronous=false' })).toMatchObject({ status: 202 });
    expect(await send(new Blob([archive]).stream(), { type: 'application/zip' })).toMatchObject({ status: 200 });
    expect(enqueued.map(({ uploaded }) => uploaded)).toEqual([digest, digest]);
    expect(readFileSync(join(folder, 'packed', digest))).toEqual(archive);
  });

  it('is as large as may be, and no larger', async () => {
    const type = 'application/zip';
    expect(await send(Buffer.alloc(maxBytes), { type })).toMatchObject({ status: 200 });
    rmSync(join(folder, 'packed'), { recursive: true });
    enqueued = [];
    expect(await send(Buffer.alloc(maxBytes + 1), { type })).toMatchObject({
      ...{ status: 413, body: { errorCode: 'uploadTooLarge' } },
    });
    await nothingIsLeft();
  });

  const zip = { type: 'application/zip' };
  it.each([
    ['beside a url', archive, { ...zip, query: '?url=a.war' }, 'uploadBesideUrl'],
    ['of another digest', archive, { ...zip, query: `?sha256=${'0'.repeat(64)}` }, 'uploadDigestMismatch'],
    ['for a name that is none', archive, { ...zip, query: '?workflow_name=a%20b' }, 'workflowNameInvalid'],
    ['with a wrong parameter', archive, { ...zip, query: '?synchronous=maybe' }, 'parameterInvalid'],
    ['with a content encoding', archive, { ...zip, headers: { 'content-encoding': 'gzip' } }, 'bodyMalformed'],
    ['in another field of a form', formOf('archive'), {}, 'bodyMalformed'],
    ['in a form without boundary', archive, { type: 'multipart/form-data' }, 'bodyMalformed'],
    ['without a byte', Buffer.alloc(0), zip, 'parameterMissing'],
  ])('%s is refused and leaves nothing', async (_, body, how, errorCode) => {
    expect(await send(body, how)).toMatchObject({ status: 400, body: { errorCode } });
    await nothingIsLeft();
  });

  it('from a page of another site is refused and leaves nothing', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    expect(await send(formOf('file'), { headers })).toMatchObject({
      status: 403,
      body: { errorCode: 'originNotAllowed' },
    });
    await nothingIsLeft();
  });

  it('without a byte, in chunks, is refused and leaves nothing', async () => {
    expect(await text(begin('transfer-encoding: chunked', '0\r\n\r\n'))).toMatch(/^HTTP\/1\.1 400 [^]*"bodyMalformed"/);
    await nothingIsLeft();
  });

  it('that is cut off leaves nothing', async () => {
    const socket = begin('content-length: 1000', 'PK');
    await vi.waitFor(() => expect(found('tmp')).toHaveLength(1));
    socket.destroy();
    await nothingIsLeft();
  });

  it('that takes too long is answered 408 and leaves nothing', async () => {
    const socket = begin('content-length: 1000', 'PK');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
    await nothingIsLeft();
  });

  it('has to wait while as many come as may come at once', async () => {
    const sockets = [1, 2].map(() => begin('content-length: 3', 'PK'));
    await vi.waitFor(() => expect(found('tmp')).toHaveLength(2));
    expect(await send(archive, zip)).toMatchObject({ status: 503, body: { errorCode: 'overloaded' } });
    for (const socket of sockets) socket.write('!');
    await vi.waitFor(() => expect(enqueued).toHaveLength(2));
    for (const socket of sockets) socket.destroy();
    expect(await send(archive, zip)).toMatchObject({ status: 200 });
  });

  it('is ignored by a route that takes none', async () => {
    const method = { method: 'DELETE', headers: { 'content-type': 'application/zip' } };
    expect((await fetch(`${base}/workflows/w`, { ...method, body: Buffer.alloc(1_000) })).status).toBe(404);
    expect((await fetch(`${base}/workflows/w`, { ...method, body: Buffer.alloc(1_001) })).status).toBe(413);
  });
});
