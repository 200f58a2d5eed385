import { silentLogger } from '@torchweave/application';
import { createParts, type Parts } from '@torchweave/composition';
import { defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { startGateway } from '@torchweave/gateway';
import { loadSettings, Monitoring, type RunningApp } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisKeptRequests, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { manifestText, specText, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { TestRedis } from '@torchweave/testing/redis';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const spec = specText({
  settings: { 'retry-attempts': 1, 'timeout-ms': 5_000 },
  models: {},
  dag: { first: ['second'] },
});
const handler = `
import time

def first(data, context):
    if data is None:
        return None
    body = data[0]["body"]
    if body == "slow":
        time.sleep(0.3)
    if body == "bad":
        raise ValueError("no such thing")
    return [body]

def second(data, context):
    return None if data is None else [row["body"] for row in data]
`;

/** Of a client, and of somebody who may look at the management API, too. */
const [clientKey, operatorKey] = ['key-of-a-client', 'key-of-an-operator'];
const keyEntry = (name: string, role: string, key: string): object => ({
  ...{ name, role, sha256: createHash('sha256').update(key).digest('hex') },
});

/** A gateway on a real Redis with real Python and keys, and one workflow of two functions. */
describe('the requests that a gateway keeps', () => {
  const directory = mkdtempSync(join(tmpdir(), 'torchweave-kept-'));
  const keyFile = join(directory, 'keys.json');
  const monitoring = new Monitoring('gateway', silentLogger);
  let redis: TestRedis;
  let connection: RedisConnection;
  let kept: RedisKeptRequests;
  let parts: Parts;
  let gateway: RunningApp;

  beforeAll(async () => {
    const keys = [
      keyEntry('client', 'predict', clientKey),
      keyEntry('operator', 'predict', operatorKey),
      keyEntry('operator', 'read', operatorKey),
    ];
    writeFileSync(keyFile, JSON.stringify({ keys }));
    redis = await TestRedis.start();
    connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    const settings = settingsOf({ keepSlowerThan: 250, keyFile });
    kept = new RedisKeptRequests(connection, settings.namespace);
    parts = createParts({ settings, environment: process.env, logger: silentLogger, isOneProcess: true });
    await register(settings.namespace);
    gateway = await startGateway(
      { settings, redis: new RedisLink(redis.url, silentLogger), logger: silentLogger, monitoring },
      parts,
    );
    // The first of all is one of the sample.
    await predict('good', { 'x-request-id': 'first' });
  });
  afterAll(async () => {
    await gateway.close();
    await parts.close();
    connection.close();
    await redis.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const settingsOf = (flags: object): ReturnType<typeof loadSettings>['settings'] =>
    loadSettings({ flags: { dataDir: directory, inferencePort: 0, ...flags }, environment: {} }).settings;

  async function register(namespace: string): Promise<void> {
    const state = new RedisWorkflowState(connection, namespace);
    const archive = await zipOf(workflowFiles({ name: 'echo', spec, handler }));
    const { digest } = await parts.archives.put(
      (async function* () {
        yield archive;
      })(),
    );
    const manifest = parseManifest(manifestText({ workflowName: 'echo' }));
    const { run } = await state.takeUp('add-echo');
    await state.reserve(defineWorkflow({ url: 'w.war', digest, manifest, spec: parseSpec(spec, 'spec.yaml') }), run);
    await state.activate({ workflow: 'echo', version: 1 }, run);
  }

  async function predict(body: string, headers: Record<string, string>, workflow = 'echo'): Promise<Response> {
    const response = await fetch(`${gateway.address}/wfpredict/${workflow}`, {
      ...{ method: 'POST', body },
      headers: { 'content-type': 'text/plain', authorization: `Bearer ${clientKey}`, ...headers },
    });
    await response.arrayBuffer();
    return response;
  }

  it('are a failed one with each attempt of each node and the error in full, found by the id that its client gave', async () => {
    expect((await predict('bad', { 'x-request-id': 'my-failure' })).status).toBe(500);
    await expect.poll(() => kept.find('my-failure')).toBeDefined();
    const error = { message: expect.stringContaining('no such thing') as string, errorCode: 'nodeFailed' };
    const span = { node: 'first', outcome: 'failed', startedMs: expect.any(Number) as number, error };
    expect(await kept.find('my-failure')).toMatchObject({
      ...{ workflow: 'echo', version: 1, status: 500, outcome: 'failed', why: 'failed', error },
      spans: [
        { ...span, attempt: 1 },
        { ...span, attempt: 2 },
      ],
    });
  });

  it('are a slow one, waiting apart from running', async () => {
    expect((await predict('slow', { 'x-request-id': 'my-slow' })).status).toBe(200);
    await expect.poll(() => kept.find('my-slow')).toMatchObject({ why: 'slow', outcome: 'ok', status: 200 });
    const spans = (await kept.find('my-slow'))?.spans ?? [];
    expect(spans.map(({ node, outcome }) => [node, outcome])).toEqual([
      ['first', 'ok'],
      ['second', 'ok'],
    ]);
    for (const { durationMs, waitedMs = Number.NaN } of spans) expect(waitedMs).toBeLessThanOrEqual(durationMs);
  });

  it('are one of a sample and one that is asked for, and no ordinary one, nor one whose client may not ask for it', async () => {
    await predict('good', { 'x-request-id': 'ordinary' });
    await predict('good', { 'x-request-id': 'asked', 'x-torchweave-keep': '1' });
    await predict('good', { 'x-request-id': 'no-such' }, 'nosuch');
    const authorization = `Bearer ${operatorKey}`;
    await predict('good', { 'x-request-id': 'last', 'x-torchweave-keep': '1', authorization });
    await expect.poll(() => kept.find('last')).toMatchObject({ why: 'asked', outcome: 'ok' });
    const body = { contentType: 'text/plain', size: 4, text: 'good', cut: false };
    const spans = (await kept.find('last'))?.spans ?? [];
    expect(spans.map(({ node, input, output }) => ({ node, input: input?.text, output: output?.text }))).toEqual([
      { node: 'first', input: 'good', output: 'good' },
      { node: 'second', input: 'good', output: 'good' },
    ]);
    expect(spans[0]?.input).toEqual(body);
    expect((await kept.find('my-slow'))?.spans[0]).not.toHaveProperty('input');
    const ids = (await kept.list({ limit: 99 })).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['first', 'last']));
    for (const id of ['ordinary', 'asked', 'no-such']) expect(ids).not.toContain(id);
  });

  it('are counted, also those that Redis does not take, which costs no prediction', async () => {
    const samples = async (): Promise<string[]> => (await monitoring.scrape()).split('\n');
    expect(await samples()).toContain('torchweave_kept_requests_total{why="sampled"} 1');
    await redis.stop();
    expect((await predict('bad', {})).status).toBe(500);
    expect((await predict('good', {})).status).toBe(200);
    await expect.poll(samples, { timeout: 10_000 }).toContain('torchweave_kept_requests_dropped_total 1');
  });
});
