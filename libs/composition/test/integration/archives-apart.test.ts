import { silentLogger } from '@torchweave/application';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import { specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ArchiveProcesses } from '../../src/archive-process/archive-processes.js';
import { ArchivesApart } from '../../src/archive-process/archives-apart.js';

const processOptions = {
  heapMiB: 64,
  residentMiB: 512,
  environment: {},
  logger: silentLogger,
  atOnce: 1,
  idleMs: 60_000,
};
const spec = specText({ dag: { pre: ['up'] } });
const specWork = (text: string) => ({ kind: 'inspect-spec', text, file: 'spec.yaml' }) as const;

describe('a process that reads archives', () => {
  let processes: ArchiveProcesses;
  afterEach(() => processes.close());

  const read = (text: string, limitMs = 30_000): Promise<unknown> => processes.run({ work: specWork(text), limitMs });
  const isRead = { spec: { models: [{ name: 'up' }], dag: new Map([['pre', ['up']]]) }, warnings: [] };

  it('does one piece of work after another', async () => {
    processes = new ArchiveProcesses(processOptions);
    const [first, second] = await Promise.all([read(spec), read('dag: 1\n')]);
    expect(first).toMatchObject(isRead);
    expect(second).toMatchObject({ problems: [{ rule: 'dag-adjacency' }] });
  });

  it('is killed when its time is over, and the next piece of work is done by another', async () => {
    processes = new ArchiveProcesses(processOptions);
    await expect(read(spec, 1)).rejects.toMatchObject({
      code: 'archiveLimitExceeded',
      data: { limit: 'seconds to read it', allowed: 0.001 },
    });
    expect(await read(spec)).toMatchObject(isRead);
  });

  it('may fill its heap: its work fails, and the next piece is done by another', async () => {
    processes = new ArchiveProcesses({ ...processOptions, heapMiB: 16 });
    const large = `dag:\n${Array.from({ length: 40_000 }, (_, i) => `  - {${i}}\n`).join('')}`.slice(0, 249_000);
    await expect(read(large)).rejects.toMatchObject({
      code: 'archiveLimitExceeded',
      status: 400,
      message: 'The archive is refused: more than 16 MiB of memory to read it.',
    });
    expect(await read(spec)).toMatchObject(isRead);
  });

  it.skipIf(process.platform !== 'linux')('is killed when it takes more memory than it may, heap or not', async () => {
    processes = new ArchiveProcesses({ ...processOptions, residentMiB: 1 });
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const source = {
      ...{ allowedUrls: ['.*'], allowPrivateAddresses: true, maxArchiveBytes: 1e9, maxRedirects: 0 },
      ...{ connectTimeoutMs: 60_000, totalTimeoutMs: 60_000 },
    };
    await expect(processes.run({ work: { kind: 'fetch', url, source }, limitMs: 60_000 })).rejects.toMatchObject({
      code: 'archiveLimitExceeded',
      data: { allowed: 1 },
    });
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['SIGSEGV', 'archiveUnreadable', 400],
    ['SIGKILL', 'internal', 500],
  ] as const)('may die (%s): its work fails, and the next piece is done by another', async (signal, code, status) => {
    processes = new ArchiveProcesses(processOptions);
    const reader = await processes.start();
    const reading = reader.run({ work: specWork(spec), limitMs: 30_000 });
    process.kill(reader.pid ?? 0, signal);
    await expect(reading).rejects.toMatchObject({ code, status });
    expect(await read(spec)).toMatchObject(isRead);
  });
});

describe('archives apart from the server', () => {
  let root: string;
  let server: Server;
  let base: string;
  let apart: ArchivesApart;
  let store: FilesystemArchiveStore;
  const content = randomBytes(3_000_000);

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'archives-apart-'));
    writeFileSync(join(root, 'here.war'), 'here');
    server = createServer((request, response) => {
      if (request.url === '/a.war') response.end(content);
      else if (request.url === '/cut.war')
        response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy());
      else if (request.url === '/silent.war') response.writeHead(200).write('x');
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = {
      ...{ workflowStore: root, allowedUrls: ['(http|file).*'], allowPrivateAddresses: true, maxRedirects: 1 },
      ...{ maxArchiveBytes: content.length, connectTimeoutMs: 10_000, totalTimeoutMs: 20_000 },
    };
    apart = new ArchivesApart({ source, environment: process.env, logger: silentLogger });
    store = new FilesystemArchiveStore({ directory: join(root, 'store'), unpack: apart.unpack, logger: silentLogger });
  });
  afterAll(async () => {
    await apart.close();
    server.closeAllConnections();
    server.close();
    rmSync(root, { recursive: true });
  });

  const fetchArchive = async (url: string, signal = new AbortController().signal): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await apart.createSource().open(url, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('come whole, over http and from the store', async () => {
    expect((await fetchArchive(`${base}/a.war`)).equals(content)).toBe(true);
    expect((await fetchArchive('here.war')).toString()).toBe('here');
    expect((await fetchArchive(`file://${join(root, 'here.war')}`)).toString()).toBe('here');
  });

  it('come whole where nobody reads them before their process has ended', async () => {
    const body = await apart.createSource().open(`file://${join(root, 'here.war')}`, new AbortController().signal);
    await delay(500);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('here');
  });

  it.each([
    ['that is not there', '/no.war', { code: 'downloadFailed', data: { reason: 'the server answered 404' } }],
    ['that is cut off', '/cut.war', { code: 'downloadFailed', data: { reason: 'the connection was cut off' } }],
  ])('fail with the sentence of the catalogue: one %s', async (_what, path, error) => {
    await expect(fetchArchive(base + path)).rejects.toMatchObject(error);
  });

  it('end with the reason of an abort, before and in the middle of a transfer', async () => {
    const reason = new Error('the job has ended');
    await expect(fetchArchive(`${base}/a.war`, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of await apart.createSource().open(`${base}/silent.war`, controller.signal))
        controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
  });

  it('may be left alone in the middle of a transfer', async () => {
    for await (const _ of await apart.createSource().open(`${base}/a.war`, new AbortController().signal)) break;
    expect((await fetchArchive(`${base}/a.war`)).equals(content)).toBe(true);
  });

  it('are unpacked as in the process itself, and refused alike', async () => {
    const { digest } = await store.put(inChunks(await zipOf(workflowFiles())));
    const { directory } = await store.open(digest);
    expect(readFileSync(join(directory, 'h.py'), 'utf8')).toBe(workflowFiles()['h.py']);
    const { digest: hostile } = await store.put(inChunks(Buffer.from('no archive')));
    await expect(store.open(hostile)).rejects.toMatchObject({ code: 'archiveUnreadable', status: 400 });
    expect(readdirSync(join(root, 'store', 'tmp'))).toEqual([]);
  });

  it('tell what is wrong with the allow-list when the server starts', () => {
    const source = {
      allowedUrls: ['('],
      allowPrivateAddresses: false,
      maxArchiveBytes: 1,
      connectTimeoutMs: 1,
      totalTimeoutMs: 1,
      maxRedirects: 0,
    };
    const wrong = new ArchivesApart({ source, environment: {}, logger: silentLogger });
    expect(() => wrong.createSource()).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
  });
});
