import { createApiServer } from '@torchweave/api';
import { VersionManagement, WorkflowManagement, silentLogger, type Keeping } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { asVersion, defineWorkflow, parseManifest, parseSpec } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisWorkflowState, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { idleHandlers, manifestText, specText } from '@torchweave/testing/builders';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const namespace = 'versions-test';
const keep: Keeping = { versions: 5, ms: 600_000, drainMs: 30_000 };
const text = specText({ models: {}, dag: { pre: ['post'] } });

/** The api on a real Redis and a real queue: `w` has version 1, which is active, and 2 and 3; `busy` is held by an operation. */
describe('the versions of the management API', () => {
  let base: string;
  let document: {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  };
  /** What was left to the worker last. */
  let left: unknown;
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const redis = await TestRedis.start();
    closing.push(() => redis.dispose());
    const link = new RedisLink(redis.url, silentLogger);
    const connection = new RedisConnection(link, silentLogger);
    await connection.open();
    const state = new RedisWorkflowState(connection, namespace);
    const versions = new RedisWorkflowVersions(connection, namespace);
    const options = { redis: new RedisLink(redis.url, silentLogger), namespace, logger: silentLogger };
    const jobs = await BullMqJobQueue.open(options);
    const note = (job: string) => (payload: { workflow?: string }) => {
      left = { job, ...payload };
      return Promise.resolve({ workflow: payload.workflow ?? '' });
    };
    const worker = new BullMqJobWorker(
      { ...options, concurrency: 1, lockMs: 5_000 },
      {
        ...idleHandlers,
        'register-version': note('register-version'),
        'set-default-version': note('set-default-version'),
        'direct-traffic': note('direct-traffic'),
        'unregister-version': note('unregister-version'),
        'unregister-workflow': note('unregister-workflow'),
      },
    );
    await worker.start();
    const management = new WorkflowManagement(state, jobs, { waitMs: 10_000 });
    const server = await createApiServer({
      ...{ management, logger: silentLogger, maxRequestSize: 10_000 },
      versions: new VersionManagement({ versions, jobs, workflows: management }, 10_000),
    });
    await server.listen(0, '127.0.0.1');
    base = await server.getUrl();
    closing.push(
      () => Promise.resolve(connection.close()),
      () => jobs.close(),
      () => worker.close(),
      () => server.close(),
    );
    for (const workflow of ['w', 'busy']) {
      const manifest = parseManifest(manifestText({ workflowName: workflow }));
      const spec = parseSpec(text, 'spec.yaml');
      const first = defineWorkflow({ url: 'one.war', digest: 'a'.repeat(64), manifest, spec });
      const { run } = await state.takeUp(`register-${workflow}`);
      await state.reserve(first, run);
      await state.activate({ workflow, version: 1 }, run);
      for (const version of workflow === 'w' ? [2, 3] : [2]) {
        const update = (await state.takeUp(`update-${workflow}-${version}`)).run;
        await versions.reserve(workflow, (number) => asVersion(first, number), update);
        if (workflow === 'w') await versions.activate({ workflow, version }, update, { asDefault: false, keep });
      }
    }
    const { run } = await state.takeUp('traffic');
    await versions.direct('w', run, { weights: {}, shadow: { 3: 20 }, compare: true });
    document = (await (await fetch(`${base}/openapi.json`)).json()) as typeof document;
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  const ask = async (method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> => {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${base}${path}`, { method, ...sent });
    return { status: response.status, answer: await response.json() };
  };

  it('are not lost with their workflow by whoever means the traffic', async () => {
    expect(await ask('DELETE', '/workflows/w/traffic')).toMatchObject({
      ...{ status: 405, answer: { errorCode: 'methodNotAllowed' } },
    });
    expect((await ask('GET', '/workflows/w/all')).status).toBe(200);
  });

  it('are told from the last to the first, with their shares and their copies', async () => {
    expect(await ask('GET', '/workflows/w/all')).toMatchObject({
      status: 200,
      answer: {
        ...{ workflowName: 'w', activeVersion: 1, compare: true },
        versions: [
          { version: 3, state: 'ready', weight: 0, shadow: 20, operationId: 'update-w-3' },
          { version: 2, state: 'ready', weight: 0 },
          { version: 1, state: 'active', weight: 100, workflowUrl: 'one.war', digest: 'a'.repeat(64) },
        ],
      },
    });
    expect(await ask('GET', '/workflows/busy/all')).toMatchObject({
      ...{ status: 200, answer: { activeVersion: 1, updatingOperationId: 'update-busy-2' } },
    });
    expect(await ask('GET', '/workflows/w/2')).toMatchObject({ status: 200, answer: { version: 2, state: 'ready' } });
    // TorchServe ignores what is no version.
    expect(await ask('GET', '/workflows/w/x')).toMatchObject({ status: 200, answer: [{ workflowName: 'w' }] });
  });

  it.each([
    [
      ...['PUT', '/workflows/w?url=two.war&watch_seconds=5&max_error_rate=0.1&keep=2', undefined],
      { job: 'register-version', workflow: 'w', url: 'two.war', watchMs: 5_000, maxErrorRate: 0.1, keep: 2 },
    ],
    [
      ...['PUT', '/workflows/w?url=two.war&set_default=false', undefined],
      { job: 'register-version', workflow: 'w', url: 'two.war', setDefault: false },
    ],
    [
      ...['PUT', '/workflows/w/2/set-default?keep=0', undefined],
      { job: 'set-default-version', workflow: 'w', version: 2, keep: 0 },
    ],
    [
      ...['PUT', '/workflows/w/traffic', { weights: { 1: 90, 2: 10 }, sticky: 'X-User' }],
      { job: 'direct-traffic', workflow: 'w', traffic: { weights: { 1: 90, 2: 10 }, stickyBy: 'x-user' } },
    ],
    [
      ...['PUT', '/workflows/w/traffic', { shadow: { 2: 20 }, compare: true }],
      { job: 'direct-traffic', workflow: 'w', traffic: { weights: {}, shadow: { 2: 20 }, compare: true } },
    ],
    ['DELETE', '/workflows/w/2', undefined, { job: 'unregister-version', workflow: 'w', version: 2 }],
    ['DELETE', '/workflows/w/x', undefined, { job: 'unregister-workflow', workflow: 'w' }],
  ] as const)('%s %s leaves the worker what was asked for', async (method, path, body, job) => {
    expect(await ask(method, path, body)).toMatchObject({ status: 200 });
    expect(left).toEqual(job);
  });

  it.each([
    ['PUT', '/workflows/w', undefined, 400, 'parameterMissing'],
    ['PUT', '/workflows/none', undefined, 404, 'workflowNotFound'],
    ['PUT', '/workflows/none?url=a.war', undefined, 404, 'workflowNotFound'],
    ['PUT', '/workflows/busy?url=a.war', undefined, 409, 'workflowBusy'],
    ['PUT', '/workflows/w?url=a.war&keep=6', undefined, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w?url=a.war&watch_seconds=601', undefined, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w?url=a.war&max_error_rate=1.1', undefined, 400, 'parameterInvalid'],
    ['GET', '/workflows/none/all', undefined, 404, 'workflowNotFound'],
    ['GET', '/workflows/w/9', undefined, 404, 'versionNotFound'],
    ['PUT', '/workflows/w/9/set-default', undefined, 404, 'versionNotFound'],
    ['PUT', '/workflows/none/1/set-default', undefined, 404, 'workflowNotFound'],
    ['PUT', '/workflows/w/x/set-default', undefined, 400, 'parameterInvalid'],
    ['PUT', '/workflows/busy/1/set-default', undefined, 409, 'workflowBusy'],
    ['DELETE', '/workflows/w/1', undefined, 409, 'versionServes'],
    ['DELETE', '/workflows/w/9', undefined, 404, 'versionNotFound'],
    ['DELETE', '/workflows/none/1', undefined, 404, 'workflowNotFound'],
    ['DELETE', '/workflows/busy/2', undefined, 409, 'workflowBusy'],
    ['PUT', '/workflows/none/traffic', { weights: { 1: 100 } }, 404, 'workflowNotFound'],
    ['PUT', '/workflows/busy/traffic', { weights: { 1: 100 } }, 409, 'workflowBusy'],
    ['PUT', '/workflows/w/traffic', {}, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { weights: { 1: 90 } }, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { weights: [] }, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w/traffic', { weights: { 1: 90, 9: 10 } }, 404, 'versionNotFound'],
    ['PUT', '/workflows/w/traffic', { weights: null }, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: null }, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: 'all' }, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: { 3: '20' } }, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: { 3: 20.5 } }, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: { x: 20 } }, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: { 9: 20 } }, 404, 'versionNotFound'],
    ['PUT', '/workflows/w/traffic', { shadow: { 1: 20 } }, 409, 'versionServes'],
    ['PUT', '/workflows/w/traffic', { weights: { 1: 50, 2: 50 }, shadow: { 2: 20 } }, 400, 'trafficInvalid'],
    ['PUT', '/workflows/w/traffic', { shadow: { 3: 20 }, compare: 'yes' }, 400, 'parameterInvalid'],
    ['PUT', '/workflows/w/traffic', { weights: { 1: 100 }, compare: true }, 400, 'trafficInvalid'],
  ] as const)('%s %s with %j is refused', async (method, path, body, status, errorCode) => {
    left = undefined;
    expect(await ask(method, path, body)).toMatchObject({ status, answer: { errorCode } });
    expect(left).toBeUndefined();
    // The document knows the answer.
    const template = Object.keys(document.paths)
      .sort((a, b) => a.split('{').length - b.split('{').length)
      .find((each) => new RegExp(`^${each.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''));
    const { responses } = document.paths[template ?? '']?.[method.toLowerCase()] ?? { responses: {} };
    expect(Object.keys(responses)).toContain(String(status));
  });
});
