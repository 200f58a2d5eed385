import { createApiServer } from '@torchweave/api';
import { InspectWorkflow, ModelServerFleet, noRacePoints, ScaleWorkers, silentLogger } from '@torchweave/application';
import { VersionManagement, WorkflowManagement, type JobHandlers } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { modelNodes, servedModelsOf } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisWorkflowScaling, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { RedisGatewayRegistry, RedisModelReports, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { idleHandlers } from '@torchweave/testing/builders';
import { InMemoryModelServer } from '@torchweave/testing/in-memory/model-server';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const nothing = (): Uint8Array => new Uint8Array();
const definition = sampleDefinition('w');

/** The api and a worker's scaling on a real Redis and a real queue, with a model server in memory. */
describe('PUT /workflows/{name}?min_worker=', () => {
  const closing: (() => Promise<unknown>)[] = [];
  const server = new InMemoryModelServer('http://models', new Map([['upper.mar', () => nothing]]));
  let base: string;
  let state: RedisWorkflowState;

  beforeAll(async () => {
    const redis = await TestRedis.start();
    const [namespace, link] = ['scaling-test', new RedisLink(redis.url, silentLogger)];
    const connection = new RedisConnection(link, silentLogger);
    await connection.open();
    state = new RedisWorkflowState(connection, namespace);
    const versions = new RedisWorkflowVersions(connection, namespace);
    const jobs = await BullMqJobQueue.open({ redis: link, namespace, logger: silentLogger });
    const scale = new ScaleWorkers({
      ...{ state, logger: silentLogger, racePoints: noRacePoints },
      scaling: new RedisWorkflowScaling(connection, namespace),
      modelServers: new ModelServerFleet([server], silentLogger),
    });
    const handlers: JobHandlers = { ...idleHandlers, 'scale-workers': (payload, job) => scale.execute(payload, job) };
    const options = { redis: link, namespace, logger: silentLogger, concurrency: 4, lockMs: 5_000 };
    const worker = new BullMqJobWorker(options, handlers);
    await worker.start();
    const management = new WorkflowManagement(state, jobs, { waitMs: 10_000 });
    const changes = new VersionManagement({ versions, jobs, workflows: management }, 10_000);
    const [reports, gateways] = [
      new RedisModelReports(connection, namespace),
      new RedisGatewayRegistry(connection, namespace, 60_000),
    ];
    await gateways.announce('g1', 1);
    const seen = { server: 'models', state: 'ready', readyWorkers: 1 } as const;
    await reports.write({ workflow: 'w', version: 1 }, { operationId: 'register', nodes: { up: [seen] } });
    const inspection = new InspectWorkflow({ versions, reports, gateways, jobs });
    const api = await createApiServer({
      ...{ management, versions: changes, inspection, logger: silentLogger },
      maxRequestSize: 10_000,
    });
    await api.listen(0, '127.0.0.1');
    base = await api.getUrl();
    closing.push(
      () => api.close(),
      () => worker.close(),
      () => jobs.close(),
      () => Promise.resolve(connection.close()),
      () => redis.dispose(),
    );
    const { run } = await state.takeUp('register');
    await state.reserve(definition, run);
    await state.activate({ workflow: 'w', version: 1 }, run);
    const numbers = { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 1, responseTimeoutMs: 1 };
    for (const name of servedModelsOf(definition)) await server.register({ name, url: 'upper.mar', ...numbers });
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  async function put(query: string, init: RequestInit = {}): Promise<[status: number, body: Record<string, unknown>]> {
    const response = await fetch(`${base}/workflows/w${query}`, { method: 'PUT', ...init });
    return [response.status, (await response.json()) as Record<string, unknown>];
  }
  const stored = async (): Promise<unknown> => {
    const record = await state.get('w');
    const [node] = record === undefined ? [] : modelNodes(record.definition);
    return [node?.minWorkers, node?.maxWorkers];
  };

  it('scales the workers on the model servers, in what is stored, and in nothing that describe tells', async () => {
    const described = await (await fetch(`${base}/workflows/w`)).text();
    expect(await put('?min_worker=2&max_worker=5')).toEqual([200, { status: 'Workers scaled to 2 for workflow: w' }]);
    expect(await stored()).toEqual([2, 5]);
    expect(await server.describe('w__up')).toMatchObject({ minWorkers: 2, maxWorkers: 5 });
    expect(await (await fetch(`${base}/workflows/w`)).text()).toBe(described);
  });

  it.each([
    ['?min_worker=3', 'workflow: w', [3, 3]],
    ['?max_worker=4&node=up', 'node up of workflow: w', [1, 4]],
    ['?min_worker=0', 'workflow: w', [0, 1]],
    ['?min_worker=1024', 'workflow: w', [1_024, 1_024]],
  ])('takes %s', async (query, whose, numbers) => {
    expect(await put(query)).toEqual([200, { status: `Workers scaled to ${numbers[0]} for ${whose}` }]);
    expect(await stored()).toEqual(numbers);
  });

  it('answers 202 and an operation to follow when it is not to wait, with its steps', async () => {
    const [status, body] = await put('?min_worker=2&synchronous=false');
    expect(status).toBe(202);
    const operation = async () =>
      (await (await fetch(`${base}/operations/${String(body['operationId'])}`)).json()) as Record<string, unknown>;
    await expect.poll(operation, { timeout: 10_000 }).toMatchObject({ kind: 'scale-workers', state: 'succeeded' });
    const names = ['hold-workflow', 'scale-models', 'await-workers', 'store-workers'].map((name) => ({ name }));
    expect(await operation()).toMatchObject({ workflow: 'w', steps: names });
  });

  it('takes its parameters from JSON and from a form, too', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await put('', { headers, body: JSON.stringify({ min_worker: 2, max_worker: 3 }) }))[0]).toBe(200);
    expect(await stored()).toEqual([2, 3]);
    expect((await put('', { body: new URLSearchParams({ min_worker: '4' }) }))[0]).toBe(200);
    expect(await stored()).toEqual([4, 4]);
  });

  const isBounded = 'a whole number from';
  it.each([
    ['?min_worker=1025', `Parameter min_worker must be ${isBounded} 0 to 1024, not "1025".`],
    ['?min_worker=-1', `Parameter min_worker must be ${isBounded} 0 to 1024, not "-1".`],
    ['?min_worker=1.5', `Parameter min_worker must be ${isBounded} 0 to 1024, not "1.5".`],
    ['?min_worker=two', `Parameter min_worker must be ${isBounded} 0 to 1024, not "two".`],
    ['?max_worker=0', `Parameter max_worker must be ${isBounded} 1 to 1024, not "0".`],
    ['?min_worker=3&max_worker=2', 'Parameter max_worker must be at least min_worker, 3, not "2".'],
    ['?node=up', 'Parameter min_worker is required.'],
    [
      '?url=w.war&min_worker=2',
      'Parameter min_worker must be left out beside url or an archive: a new version has the numbers of its spec, not "2".',
    ],
    [
      '?url=w.war&node=up',
      'Parameter node must be left out beside url or an archive: a new version has the numbers of its spec, not "up".',
    ],
    [
      '?min_worker=2&keep=0',
      'Parameter keep must be left out beside min_worker: scaling makes no new version, not "0".',
    ],
    [
      '?min_worker=2&node=pre',
      'Node pre of workflow w is a function, which runs in processes of the gateways and has no workers to scale. Its nodes with models are: up.',
    ],
  ])('refuses %s, and changes nothing', async (query, message) => {
    const before = await stored();
    expect(await put(query)).toMatchObject([400, { code: 400, message }]);
    expect(await stored()).toEqual(before);
  });

  it('tells which nodes there are of one that is not, and which workflow is not there', async () => {
    const message = 'Workflow w has no node upp. Its nodes with models are: up.';
    expect(await put('?min_worker=2&node=upp')).toMatchObject([404, { errorCode: 'nodeNotFound', message }]);
    const response = await fetch(`${base}/workflows/other?min_worker=2`, { method: 'PUT' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ errorCode: 'workflowNotFound' });
  });

  it('tells versions, nodes, model servers and gateways of a workflow on request, and nothing of it else', async () => {
    const get = async (path: string): Promise<unknown> => (await fetch(`${base}${path}`)).json();
    await put('?min_worker=2&max_worker=3');
    const nodes = [
      { name: 'pre', kind: 'function' },
      {
        ...{ name: 'up', kind: 'model', minWorkers: 2, maxWorkers: 3 },
        modelServers: [{ name: 'models', state: 'ready', readyWorkers: 1 }],
      },
      { name: 'post', kind: 'function' },
    ];
    const versions = [
      { version: 1, state: 'active', weight: 100, nodes, seenSecondsAgo: expect.any(Number) as number },
    ];
    const gateways = [{ id: 'g1', revision: 1, isCurrent: true }];
    const [plain] = (await get('/workflows/w')) as object[];
    expect(await get('/workflows/w?detailed=true')).toMatchObject([{ ...plain, activeVersion: 1, versions, gateways }]);
    expect(await get('/workflows/w/all?detailed=true')).toMatchObject({ workflowName: 'w', versions, gateways });
    expect(await get('/workflows/w/1?detailed=true')).toMatchObject(versions[0] as object);
    expect(await get('/workflows/w?detailed=false')).toEqual([plain]);
    expect(JSON.stringify(await get('/workflows/w/all'))).not.toContain('nodes');
    expect(await get('/workflows/x?detailed=true')).toMatchObject({ code: 404, errorCode: 'workflowNotFound' });
    expect(await get('/workflows/w?detailed=maybe')).toMatchObject({ code: 400, errorCode: 'parameterInvalid' });
  });

  it('documents its parameters, in the query and in the body', async () => {
    const { paths, components } = (await (await fetch(`${base}/openapi.json`)).json()) as {
      paths: Record<string, { put: { parameters: { name: string; in: string }[] } }>;
      components: { schemas: Record<string, { properties: object }> };
    };
    const parameters = paths['/workflows/{name}']?.put.parameters ?? [];
    const inQuery = parameters.flatMap((each) => (each.in === 'query' ? [each.name] : []));
    expect(inQuery).toEqual(expect.arrayContaining(['url', 'min_worker', 'max_worker', 'node']));
    expect(components.schemas['ChangeWorkflowDto']?.properties).toMatchObject({
      ...{ url: {}, keep: {}, node: { maxLength: 1_024 } },
      min_worker: { minimum: 0, maximum: 1_024 },
      max_worker: { minimum: 1, maximum: 1_024 },
    });
  });
});
