import { createApiServer } from '@torchweave/api';
import {
  IdempotentRequests,
  silentLogger,
  UploadedArchives,
  VersionManagement,
  WorkflowManagement,
} from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { asVersion, defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { loadSettings, openAdmission } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import {
  RedisConnection,
  RedisIdempotencyKeys,
  RedisWorkflowState,
  RedisWorkflowVersions,
} from '@torchweave/redis-workflow-state';
import { idleHandlers, manifestText, specText } from '@torchweave/testing/builders';
import { InMemoryArchiveStore } from '@torchweave/testing/in-memory/archive-store';
import { TestRedis } from '@torchweave/testing/redis';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const namespace = 'keys-test';
const keep = { versions: 5, ms: 600_000, drainMs: 30_000 };
const text = specText({ models: { up: { url: 'up.mar' } }, dag: { pre: ['up'] } });
const accessKeys = { one: 'first-key-of-this-file', two: 'other-key-of-this-file' };
const keyFile = JSON.stringify({
  keys: Object.entries(accessKeys).map(([name, key]) => ({
    ...{ name, role: 'register', sha256: createHash('sha256').update(key).digest('hex') },
  })),
});

interface Answer {
  readonly status: number;
  readonly operationId: string | null;
  readonly body: Record<string, unknown>;
}

/** Two apis on a real Redis and a real queue, each with its own connections. `w` has versions 1, which serves, and 2. */
describe('Idempotency-Key', () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  const folder = mkdtempSync(join(tmpdir(), 'torchweave-keys-'));
  const bases: string[] = [];
  /** Jobs that were run. */
  let ran: { job: string; id: string }[] = [];
  let onRegister: () => Promise<void> = () => Promise.resolve();
  const closing: (() => Promise<unknown>)[] = [];

  async function startApi(flags: Record<string, unknown> = {}): Promise<string> {
    const link = new RedisLink(redis.url, silentLogger);
    const own = new RedisConnection(link, silentLogger);
    await own.open();
    const jobs = await BullMqJobQueue.open({ redis: link, namespace, logger: silentLogger });
    const uploads = new UploadedArchives(new InMemoryArchiveStore(), { maxBytes: 100_000, limit: 4 });
    const management = new WorkflowManagement(new RedisWorkflowState(own, namespace), jobs, {
      ...{ waitMs: 10_000, uploads },
    });
    const versions = new RedisWorkflowVersions(own, namespace);
    const { settings } = loadSettings({ flags, environment: {} });
    const { admission } = await openAdmission(settings, 'management', silentLogger);
    const server = await createApiServer({
      ...{ management, admission, logger: silentLogger, maxRequestSize: 10_000 },
      versions: new VersionManagement({ versions, jobs, workflows: management }, 10_000),
      idempotent: new IdempotentRequests({ keys: new RedisIdempotencyKeys(own, namespace), jobs }, 10_000),
    });
    await server.listen(0, '127.0.0.1');
    closing.push(
      () => Promise.resolve(own.close()),
      () => jobs.close(),
      () => server.close(),
    );
    return server.getUrl();
  }

  beforeAll(async () => {
    redis = await TestRedis.start();
    closing.push(() => redis.dispose());
    connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    closing.push(() => Promise.resolve(connection.close()));
    const note = (job: string) => async (payload: { workflow?: string }, context: { operationId: string }) => {
      ran.push({ job, id: context.operationId });
      if (job === 'register-workflow') await onRegister();
      return { workflow: payload.workflow ?? 'w' };
    };
    const changes = Object.keys(idleHandlers).filter((name) => name !== 'reconcile-model-servers');
    const handlers = { ...idleHandlers, ...Object.fromEntries(changes.map((name) => [name, note(name)])) };
    const options = { redis: new RedisLink(redis.url, silentLogger), namespace, logger: silentLogger };
    const worker = new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 5_000 }, handlers);
    await worker.start();
    closing.push(() => worker.close());
    const state = new RedisWorkflowState(connection, namespace);
    const versions = new RedisWorkflowVersions(connection, namespace);
    const manifest = parseManifest(manifestText({ workflowName: 'w' }));
    const spec = parseSpec(text, 'spec.yaml');
    const first = defineWorkflow({ url: 'one.war', digest: 'a'.repeat(64), manifest, spec });
    const { run } = await state.takeUp('register');
    await state.reserve(first, run);
    await state.activate({ workflow: 'w', version: 1 }, run);
    const update = (await state.takeUp('update')).run;
    await versions.reserve('w', (number) => asVersion(first, number), update);
    await versions.activate({ workflow: 'w', version: 2 }, update, { asDefault: false, keep });
    bases.push(await startApi(), await startApi());
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    ran = [];
    onRegister = () => Promise.resolve();
  });

  interface Sent {
    readonly method: string;
    readonly path: string;
    readonly json?: object;
    readonly archive?: string;
    readonly bearer?: string;
  }
  const ask = async (base: string, key: string, { method, path, json, archive, bearer }: Sent): Promise<Answer> => {
    const content =
      archive === undefined
        ? json && { body: JSON.stringify(json), type: 'application/json' }
        : { body: archive, type: 'application/zip' };
    const response = await fetch(base + path, {
      method,
      headers: {
        'idempotency-key': key,
        ...(content === undefined ? {} : { 'content-type': content.type }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(content === undefined ? {} : { body: content.body }),
    });
    const body = (await response.json()) as Answer['body'];
    return { status: response.status, operationId: response.headers.get('operation-id'), body };
  };
  const [one, other] = [() => bases[0] ?? '', () => bases[1] ?? ''];

  it.each<Sent & { readonly job: string }>([
    { method: 'POST', path: '/workflows?url=a.war', job: 'register-workflow' },
    { method: 'POST', path: '/workflows', json: { url: 'a.war', workflow_name: 'x' }, job: 'register-workflow' },
    { method: 'POST', path: '/workflows', archive: 'PK one', job: 'register-workflow' },
    { method: 'PUT', path: '/workflows/w?url=b.war', job: 'register-version' },
    { method: 'PUT', path: '/workflows/w', archive: 'PK two', job: 'register-version' },
    { method: 'PUT', path: '/workflows/x?url=b.war&create=true', job: 'register-workflow' },
    { method: 'PUT', path: '/workflows/w?min_worker=2', job: 'scale-workers' },
    { method: 'PUT', path: '/workflows/w/2/set-default', job: 'set-default-version' },
    { method: 'PUT', path: '/workflows/w/traffic', json: { weights: { 1: 50, 2: 50 } }, job: 'direct-traffic' },
    { method: 'DELETE', path: '/workflows/w/2', job: 'unregister-version' },
    { method: 'DELETE', path: '/workflows/w', job: 'unregister-workflow' },
  ])('$method $path ($json$archive) is one operation for both apis', async ({ job, ...sent }) => {
    const key = randomUUID();
    const [first, again] = await Promise.all([ask(one(), key, sent), ask(other(), key, sent)]);
    expect(first).toMatchObject({ status: 200, operationId: expect.stringMatching(/-/) as string });
    expect(again).toEqual(first);
    expect(await ask(other(), key, sent)).toEqual(first);
    expect(ran).toEqual([{ job, id: first.operationId }]);
    // Under another key it is another operation.
    expect((await ask(one(), randomUUID(), sent)).operationId).not.toBe(first.operationId);
    expect(ran).toHaveLength(2);
  });

  it('tells whoever does not wait the id again, while the operation runs and after', async () => {
    let end: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    onRegister = () => mayEnd;
    const later = { method: 'POST', path: '/workflows?url=a.war&synchronous=false' };
    const first = await ask(one(), 'later', later);
    expect(first).toMatchObject({ status: 202, body: { operationId: first.operationId } });
    expect(await ask(other(), 'later', later)).toEqual(first);
    const waiting = ask(other(), 'later', { method: 'POST', path: '/workflows?url=a.war' });
    end();
    expect(await waiting).toMatchObject({ status: 200, operationId: first.operationId });
    expect(await ask(one(), 'later', later)).toEqual(first);
    expect(ran).toHaveLength(1);
  });

  it('refuses another request, route or archive under a key with a sentence', async () => {
    const sent = { method: 'POST', path: '/workflows', archive: 'PK three' };
    await ask(one(), 'taken', sent);
    for (const another of [
      { ...sent, archive: 'PK four' },
      { ...sent, path: '/workflows?workflow_name=y' },
      { method: 'POST', path: '/workflows?url=a.war' },
      { method: 'DELETE', path: '/workflows/w' },
    ]) {
      expect(await ask(other(), 'taken', another)).toMatchObject({
        status: 422,
        body: {
          ...{ code: 422, type: 'UnprocessableEntityException', errorCode: 'idempotencyKeyReused' },
          message: expect.stringMatching(/^Idempotency-Key "taken" belongs to another request/) as string,
        },
      });
    }
    expect(ran).toHaveLength(1);
  });

  it.each(['', 'two words', 'ü', 'x'.repeat(256)])('refuses the key "%s" before anything begins', async (key) => {
    const refused = await ask(one(), key, { method: 'POST', path: '/workflows?url=a.war' });
    expect(refused).toMatchObject({
      status: 400,
      body: { errorCode: 'parameterInvalid', message: expect.stringMatching(/^Parameter Idempotency-Key/) as string },
    });
    expect(ran).toEqual([]);
  });

  it('is free again after a request that was refused before it began', async () => {
    const wrong = await ask(one(), 'free', { method: 'PUT', path: '/workflows/none?url=a.war' });
    expect(wrong.status).toBe(404);
    expect((await ask(other(), 'free', { method: 'PUT', path: '/workflows/w?url=a.war' })).status).toBe(200);
  });

  it('is remembered for a day by the clock of Redis, and neither it nor its caller stands there', async () => {
    await ask(one(), 'plain-to-see', { method: 'POST', path: '/workflows?url=a.war' });
    const keys = await connection.commands.keys(`{${namespace}}:idempotency:*`);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join(' ')).not.toContain('plain-to-see');
    for (const key of keys) {
      const ttl = await connection.commands.pttl(key);
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(86_400_000);
    }
  });

  it('of one access key is none of another', async () => {
    const file = join(folder, 'keys.json');
    writeFileSync(file, keyFile, { mode: 0o600 });
    const guarded = await startApi({ keyFile: file });
    const sent = { method: 'POST', path: '/workflows?url=a.war' };
    const first = await ask(guarded, 'shared', { ...sent, bearer: accessKeys.one });
    expect(first.status).toBe(200);
    const different = { method: 'POST', path: '/workflows?url=b.war', bearer: accessKeys.two };
    const second = await ask(guarded, 'shared', different);
    expect(second.status).toBe(200);
    expect(second.operationId).not.toBe(first.operationId);
    expect(await ask(guarded, 'shared', { ...sent, bearer: accessKeys.one })).toEqual(first);
    expect(ran).toHaveLength(2);
  });

  it('stands in the document of every change', async () => {
    const document = (await (await fetch(`${one()}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { parameters?: { name: string }[]; responses: object }>>;
    };
    const changes = Object.entries(document.paths)
      .filter(([path]) => path.startsWith('/workflows'))
      .flatMap(([, item]) => Object.entries(item).filter(([method]) => method !== 'get'));
    expect(changes).toHaveLength(6);
    for (const [, { parameters = [], responses }] of changes) {
      expect(parameters.map(({ name }) => name)).toContain('Idempotency-Key');
      expect(Object.keys(responses)).toContain('422');
    }
  });
});
