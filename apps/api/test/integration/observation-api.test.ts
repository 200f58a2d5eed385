import { createApiServer, EventStreams, tellOf } from '@torchweave/api';
import {
  Observation,
  silentLogger,
  WorkflowManagement,
  type JobHandlers,
  type LiveReport,
  type Tried,
  type Try,
} from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { defineWorkflow, parseManifest, parseSpec, TorchweaveError } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisGatewayRegistry, RedisModelReports } from '@torchweave/redis-workflow-state';
import {
  RedisKeptRequests,
  RedisGatewayTries,
  RedisLiveHistory,
  RedisLiveReports,
  RedisStateProbe,
  RedisWorkflowState,
  RedisWorkflowVersions,
} from '@torchweave/redis-workflow-state';
import { idleHandlers, manifestText, specText } from '@torchweave/testing/builders';
import { keptRequest } from '@torchweave/testing/port-conformance/kept-requests';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const namespace = 'observation-test';
const counted = { requests: 50, failed: 0, buckets: [50, 0] };
let answerHeld = (): void => undefined;
const held = new Promise<void>((resolve) => (answerHeld = resolve));
/** A gateway that answers what it was sent. */
const echo = ({ body, contentType, workflow, version }: Try): Promise<Tried> =>
  (workflow === 'held' ? held : Promise.resolve()).then(() => ({
    ...{ status: workflow === 'none' ? 404 : 200, body, size: body.length, durationMs: 2.5 },
    headers: { 'content-type': contentType ?? 'none', 'torchweave-version': String(version) },
  }));
/** Of a gateway at which `w` got ten requests a second. */
const report: LiveReport = {
  ...{ version: '9.9.9', startedAt: '2026-01-01T00:00:00Z', windowMs: 5_000, boundsMs: [10], left: 0 },
  workflows: [{ workflow: 'w', total: counted, versions: { 1: counted }, nodes: {} }],
};

/** The api on a real Redis: `w` serves, of `sick` one of two model servers is away; one registration fails at first. */
describe('what the operator’s page reads', () => {
  let redis: TestRedis;
  let base: string;
  const closing: (() => Promise<unknown>)[] = [];
  let failed: string;
  let tries = 0;
  let live: RedisLiveReports;

  beforeAll(async () => {
    redis = await TestRedis.start();
    closing.push(() => redis.dispose());
    const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    const state = new RedisWorkflowState(connection, namespace);
    const versions = new RedisWorkflowVersions(connection, namespace);
    const gateways = new RedisGatewayRegistry(connection, namespace, 60_000);
    const reports = new RedisModelReports(connection, namespace);
    const options = { redis: new RedisLink(redis.url, silentLogger), namespace, logger: silentLogger };
    const jobs = await BullMqJobQueue.open(options);
    const register: JobHandlers['register-workflow'] = async (_, job) => {
      job.concerns('w');
      return job.step('fetch-archive', () => {
        tries += 1;
        const failure = new TorchweaveError('workflowNotInStore', { url: 'w.war' });
        return tries === 1 ? Promise.reject(failure) : Promise.resolve({ workflow: 'w' });
      });
    };
    const worker = new BullMqJobWorker(
      { ...options, concurrency: 1, lockMs: 5_000 },
      { ...idleHandlers, 'register-workflow': register },
    );
    await worker.start();
    const management = new WorkflowManagement(state, jobs, { waitMs: 10_000 });
    live = new RedisLiveReports(connection, namespace);
    const requests = new RedisKeptRequests(connection, namespace);
    await requests.add('gateway-1', [keptRequest(1), keptRequest(2, { outcome: 'failed', workflow: 'sick' })]);
    const gatewayTries = new RedisGatewayTries(connection, namespace);
    await gatewayTries.answer('gateway-2', echo);
    const history = new RedisLiveHistory(connection, namespace);
    await history.add('gateway-1', Math.floor(Date.now() / 10_000) * 10_000, [
      { workflow: 'sick', requestsPerSecond: 20, errorRate: 0.5, p99Ms: 9 },
    ]);
    const ports = { state, versions, reports, gateways, jobs, live, history, probe: new RedisStateProbe(connection) };
    const own = { kind: 'api' as const, id: 'api-1', health: { state: 'serving' as const }, facts: [] };
    const observation = new Observation(ports);
    const told = tellOf(observation, () => [own]);
    const streams = new EventStreams(told, silentLogger, 2);
    const server = await createApiServer({
      ...{ management, logger: silentLogger, maxRequestSize: 10_000 },
      requests,
      observed: { observation, told, streams, gateways, tries: gatewayTries },
    });
    await server.listen(0, '127.0.0.1');
    base = await server.getUrl();
    closing.push(
      () => Promise.resolve(connection.close()),
      () => jobs.close(),
      () => worker.close(),
      () => server.close(),
      () => Promise.resolve(streams.close()),
    );
    for (const workflow of ['w', 'sick']) {
      const manifest = parseManifest(manifestText({ workflowName: workflow }));
      const spec = parseSpec(specText({ dag: { pre: ['up'] } }), 'spec.yaml');
      const definition = defineWorkflow({ url: `${workflow}.war`, digest: 'a'.repeat(64), manifest, spec });
      const { run } = await state.takeUp(`register-${workflow}`);
      await state.reserve(definition, run);
      await state.activate({ workflow, version: 1 }, run);
      const up = [{ server: 'ts-1', state: 'ready' as const, readyWorkers: 1 }];
      const gone = { server: 'ts-2', state: 'unreachable' as const };
      await reports.write(
        { workflow, version: 1 },
        { operationId: `register-${workflow}`, nodes: { up: workflow === 'w' ? up : [...up, gone] } },
      );
    }
    for (const id of ['gateway-1', 'gateway-2']) await gateways.announce(id, (await state.summary()).revision);
    await fetch(`${base}/workflows?url=w.war`, { method: 'POST' });
    const { rows } = (await (await fetch(`${base}/dashboard/api/operations?state=failed`)).json()) as {
      rows: { id: string }[];
    };
    failed = rows[0]?.id ?? '';
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  beforeEach(async () => {
    for (const id of ['gateway-1', 'gateway-2']) await live.write(id, report).catch(() => undefined);
  });

  const get = async (path: string): Promise<{ status: number; answer: unknown }> => {
    const response = await fetch(`${base}/dashboard/api/${path}`);
    return { status: response.status, answer: await response.json() };
  };

  it('is an overview: every part, what needs a look first, and what was done lately', async () => {
    const { status, answer } = await get('overview');
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      parts: [
        { kind: 'api', id: 'api-1', health: { state: 'serving' } },
        { kind: 'redis', health: { state: 'serving' }, version: expect.stringMatching(/^(Redis|Valkey) \d/) as string },
        { kind: 'gateway', id: 'gateway-1', health: { state: 'serving' }, version: '9.9.9' },
        { kind: 'gateway', id: 'gateway-2', health: { state: 'serving' }, version: '9.9.9' },
        { kind: 'model-server', id: 'ts-1', health: { state: 'serving' } },
        { kind: 'model-server', id: 'ts-2', health: { state: 'not serving' } },
      ],
      workflows: { serving: 1, degraded: 1, 'not serving': 0, unknown: 0 },
      attention: [
        { title: 'model-server ts-2', href: 'fleet/ts-2' },
        { title: 'sick', href: 'workflows/sick/nodes/up', health: { reason: 'up: ts-2 does not answer.' } },
      ],
      operations: { recent: [{ kind: 'register-workflow', workflow: 'w' }] },
    });
  });

  it('is a table of workflows, searched, narrowed, ordered and cut', async () => {
    const none = { requestsPerSecond: 0, errorRate: 0 };
    const some = { requestsPerSecond: 20, errorRate: 0, p50Ms: 5, p99Ms: 9.9 };
    const { status, answer } = await get('workflows');
    expect({ status, answer }).toMatchObject({ status: 200, answer: { total: 2, matched: 2 } });
    const { rows } = answer as { rows: readonly { name: string; live: object }[] };
    expect(rows.map(({ name, live: figures }) => [name, figures])).toEqual([
      ['sick', none],
      ['w', some],
    ]);
    expect(await get('workflows?sort=rps&order=desc')).toMatchObject({ answer: { rows: [{ name: 'w' }, {}] } });
    expect(await get('workflows?sort=state&order=desc')).toMatchObject({ answer: { rows: [{ name: 'w' }, {}] } });
    expect(await get('workflows?search=SI&limit=1')).toMatchObject({
      answer: { matched: 1, rows: [{ name: 'sick' }] },
    });
    expect(await get('workflows?state=degraded')).toMatchObject({ answer: { matched: 1, total: 2 } });
    expect(await get('workflows?offset=2')).toMatchObject({ answer: { matched: 2, rows: [] } });
  });

  it('is one workflow with its graph, its models on each server, its versions and its operations', async () => {
    expect(await get('workflows/sick')).toMatchObject({
      status: 200,
      answer: {
        ...{ name: 'sick', version: 1, url: 'sick.war', sha256: 'a'.repeat(64), health: { state: 'degraded' } },
        edges: [['pre', 'up']],
        nodes: [
          { name: 'pre', kind: 'function', health: { state: 'serving' }, function: { name: 'pre' } },
          {
            ...{ name: 'up', kind: 'model', health: { state: 'degraded' } },
            numbers: expect.arrayContaining([{ name: 'batch-size', value: 1, unit: 'count' }]) as unknown,
            model: {
              ...{ archive: 'upper.mar', name: 'sick__up' },
              places: [
                { server: 'ts-1', state: 'serving', workersReady: 1, workersWanted: 1 },
                { server: 'ts-2', state: 'not serving', reason: 'The server does not answer.' },
              ],
            },
          },
        ],
        series: {
          ...{ stepMs: 10_000, requestsPerSecond: expect.arrayContaining([20]) as number[] },
          ...{ errorRate: expect.arrayContaining([0.5]) as number[], p99Ms: expect.arrayContaining([9]) as number[] },
        },
        versions: [{ version: 1, state: 'degraded', kept: 'active', weight: 100, gateways: 2 }],
      },
    });
    expect(await get('workflows/w')).toMatchObject({ answer: { operations: [{ id: expect.any(String) as string }] } });
    expect(await get('workflows/none')).toMatchObject({ status: 404, answer: { errorCode: 'workflowNotFound' } });
  });

  it('is the requests that gateways have kept, and all of one of them', async () => {
    const { spans, ...first } = keptRequest(1);
    const rows = { status: 200, answer: { rows: [{ id: 'r-2', outcome: 'failed' }, { id: 'r-1' }] } };
    expect(await get('requests')).toMatchObject(rows);
    expect(await get('requests?workflow=w&outcome=ok&search=1&limit=1')).toEqual({
      ...{ status: 200, answer: { rows: [first] } },
    });
    expect(await get('requests/r-1')).toEqual({ status: 200, answer: { ...first, spans } });
    expect(await get('requests/r')).toMatchObject({
      ...{ status: 404, answer: { errorCode: 'requestNotKept', message: expect.stringContaining('r.') as string } },
    });
  });

  it.each([
    ['requests?limit=201', 'limit', 'a whole number from 0 to 200'],
    ['requests?outcome=good', 'outcome', 'ok, client_error, failed, cancelled'],
    [`requests?search=${'x'.repeat(257)}`, 'search', 'at most 256 characters, once'],
    ['workflows?limit=201', 'limit', 'a whole number from 0 to 200'],
    ['workflows?limit=-1', 'limit', 'a whole number from 0 to 200'],
    ['workflows?state=well', 'state', 'not serving, degraded, unknown, preparing, draining, serving'],
    ['workflows?sort=colour', 'sort', 'name, state, rps, errors, p99, age'],
    [`workflows?search=${'x'.repeat(257)}`, 'search', 'at most 256 characters, once'],
    ['workflows?search=a&search=b', 'search', 'at most 256 characters, once'],
    ['operations?state=done', 'state', 'waiting, running, succeeded, failed'],
  ])('refuses %s', async (path, parameter, rule) => {
    const { status, answer } = await get(path);
    expect({ status, answer }).toMatchObject({ status: 400, answer: { errorCode: 'parameterInvalid' } });
    expect((answer as { message: string }).message).toContain(`Parameter ${parameter} must be ${rule}`);
  });

  it.each([
    ['application/json', '{"a": 1}', { text: '{"a": 1}', size: 8, cut: false }],
    ['image/png', Buffer.from([137, 255, 0]), { base64: 'if8A', size: 3, cut: false }],
    ['application/zip', 'x'.repeat(300_000), { text: 'x'.repeat(262_144), size: 300_000, cut: true }],
    ['text/plain', `${'x'.repeat(262_143)}ä`, { text: 'x'.repeat(262_143), size: 262_145, cut: true }],
    ['text/plain', '', { text: '', size: 0, cut: false }],
  ])('has a gateway that is there answer a request of type %s, as it was sent', async (contentType, body, shown) => {
    const init = { method: 'POST', body, headers: { 'content-type': contentType } };
    const response = await fetch(`${base}/dashboard/api/try/w?version=2`, init);
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        ...{ status: 200, durationMs: 2.5, body: { contentType, ...shown } },
        headers: { 'content-type': contentType, 'torchweave-version': '2' },
        requestId: response.headers.get('x-request-id'),
      },
    ]);
  });

  it('tells of a request that was answered an error, and refuses one that is none', async () => {
    const init = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } };
    const post = async (path: string, body = 'x'): Promise<unknown> =>
      (await fetch(`${base}/dashboard/api/try/${path}`, { ...init, body })).json();
    expect(await post('none')).toMatchObject({ status: 404 });
    expect(await post('w?version=two')).toMatchObject({ code: 400, errorCode: 'parameterInvalid' });
    expect(await post('w', 'x'.repeat(4 * 1024 * 1024 + 1))).toMatchObject({ code: 413, errorCode: 'bodyTooLarge' });
  });

  it('has eight requests on their way at most', async () => {
    const init = { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } };
    let over = 0;
    const statuses = Array.from({ length: 9 }, async () => {
      const { status } = await fetch(`${base}/dashboard/api/try/held`, init);
      over += status === 503 ? 1 : 0;
      return status;
    });
    await expect.poll(() => over).toBe(1);
    answerHeld();
    expect((await Promise.all(statuses)).toSorted()).toEqual([...Array<number>(8).fill(200), 503]);
  });

  it('begins an operation anew that has failed, which then ends as that run does', async () => {
    const retry = (id: string): Promise<Response> =>
      fetch(`${base}/dashboard/api/operations/${id}/retry`, { method: 'POST' });
    expect(await get('operations?state=failed&workflow=w')).toMatchObject({
      answer: { total: 1, rows: [{ id: failed, error: { errorCode: 'workflowNotInStore', code: 404 }, attempts: 1 }] },
    });
    const retried = await retry(failed);
    expect(retried.headers.get('operation-id')).toBe(failed);
    expect([retried.status, await retried.json()]).toMatchObject([200, { id: failed, kind: 'register-workflow' }]);
    await expect
      .poll(async () => (await fetch(`${base}/operations/${failed}`)).json())
      .toMatchObject({ state: 'succeeded', workflow: 'w', steps: [{ name: 'fetch-archive' }] });
    expect(tries).toBe(2);
    const again = await retry(failed);
    expect([again.status, await again.json()]).toMatchObject([409, { errorCode: 'operationNotRetryable' }]);
    const none = await retry('00000000-0000-0000-0000-000000000000');
    expect([none.status, await none.json()]).toMatchObject([404, { errorCode: 'operationNotFound' }]);
  });

  /** Reads an event stream until its text matches. */
  async function readUntil(stream: Response, pattern: RegExp): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(piece, { stream: true });
      if (pattern.test(text)) return text;
    }
    throw new Error(`the stream has ended: ${text}`);
  }
  const events = `/dashboard/api/events`;

  it('comes as events: all at once, and then what changes', async () => {
    const stream = await fetch(`${base}${events}?overview&operations&workflow=w`);
    expect([stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control')]).toEqual([
      ...[200, 'text/event-stream; charset=utf-8', 'no-store, no-transform'],
    ]);
    const text = await readUntil(stream, /event: overview[^]*event: workflow[^]*event: operation[^]*event: overview/);
    const dataOf = (event: string): unknown[] =>
      [...text.matchAll(new RegExp(`event: ${event}\\ndata: (.*)\\n\\n`, 'g'))].map(
        ([, data]) => JSON.parse(data ?? '') as unknown,
      );
    expect(dataOf('overview')[0]).toMatchObject({ parts: expect.any(Array) as unknown, attention: [{}, {}] });
    expect(dataOf('workflow')[0]).toMatchObject({ name: 'w', versions: [{ version: 1 }] });
    // A look brings no operation again that has not changed since the one before.
    const operations = dataOf('operation');
    expect(operations.at(-1)).toMatchObject({ id: failed });
    expect(new Set(operations.map((row) => JSON.stringify(row))).size).toBe(operations.length);
  });

  it('has room for so many streams, and for another when one has ended', async () => {
    const reading = new AbortController();
    const open = (): Promise<Response> => fetch(`${base}${events}?overview`, { signal: reading.signal });
    // That of the test before ends when its client's end is seen.
    await expect.poll(async () => [(await open()).status, (await open()).status].includes(503)).toBe(true);
    const refused = await fetch(`${base}${events}`);
    expect([refused.status, await refused.json()]).toMatchObject([503, { errorCode: 'overloaded' }]);
    reading.abort();
    await expect.poll(async () => (await fetch(`${base}${events}`)).status).toBe(200);
  });

  it('says that Redis is away, and that all else is unknown', async () => {
    await redis.stop('SIGKILL');
    await expect
      .poll(async () => (await get('overview')).answer)
      .toMatchObject({
        parts: [{ kind: 'api' }, { kind: 'redis', health: { state: 'not serving' } }],
        attention: [{ title: 'redis redis' }],
      });
    await expect.poll(async () => (await get('workflows')).answer).toMatchObject({ errorCode: 'stateUnavailable' });
  });
});
