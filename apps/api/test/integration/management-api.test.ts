import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, WorkflowManagement, type JobHandlers } from '@torchweave/application';
import { createApiServer } from '@torchweave/api';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { TorchweaveError } from '@torchweave/domain';
import { loadSettings, Monitoring, openAdmission } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idleHandlers } from '@torchweave/testing/builders';

type Register = JobHandlers['register-workflow'];

/** The api on a real Redis and a real queue; what a worker does with a registration is the test's choice. */
describe('the management API', () => {
  let redis: TestRedis;
  let base: string;
  /** The same API with room for one request that waits. */
  let narrow: string;
  let onRegister: Register = ({ url }) => Promise.resolve({ workflow: url });
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await TestRedis.start();
    const options = { redis: new RedisLink(redis.url, silentLogger), namespace: 'api-test', logger: silentLogger };
    const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    const jobs = await BullMqJobQueue.open(options);
    const handlers: JobHandlers = {
      ...idleHandlers,
      'register-workflow': (payload, job) => onRegister(payload, job),
      'unregister-workflow': ({ workflow }) => Promise.resolve({ workflow }),
    };
    const worker = new BullMqJobWorker({ ...options, concurrency: 4, lockMs: 5_000 }, handlers);
    await worker.start();
    const management = new WorkflowManagement(new RedisWorkflowState(connection, 'api-test'), jobs, { waitMs: 10_000 });
    const server = await createApiServer({
      ...{ management, logger: silentLogger, maxRequestSize: 10_000 },
      ...{ registry: new Monitoring('api', silentLogger).registry, queues: jobs.queues },
    });
    await server.listen(0, '127.0.0.1');
    base = await server.getUrl();
    const { settings } = loadSettings({ flags: { maxWaitingOperations: 1 }, environment: {} });
    const { admission } = await openAdmission(settings, 'management', silentLogger);
    const second = await createApiServer({ management, logger: silentLogger, maxRequestSize: 10_000, admission });
    await second.listen(0, '127.0.0.1');
    narrow = await second.getUrl();
    closing.push(
      () => server.close(),
      () => second.close(),
      () => worker.close(),
      () => jobs.close(),
      () => Promise.resolve(connection.close()),
      () => redis.dispose(),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const ask = async (
    method: string,
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(base + path, { method, ...init });
    return { status: response.status, body: await response.json() };
  };
  const json = (body: unknown): RequestInit => ({
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

  let payload: unknown;
  const keepPayload: Register = (given) => {
    payload = given;
    return Promise.resolve({ workflow: 'mine' });
  };

  it.each([
    ['a query', '?url=a.war&workflow_name=mine', {}],
    ['a JSON body', '', json({ url: 'a.war', workflow_name: 'mine' })],
    ['a form', '', { body: new URLSearchParams({ url: 'a.war', workflow_name: 'mine' }) }],
    ['a body that wins over the query', '?url=b.war&workflow_name=mine', json({ url: 'a.war' })],
    [
      'an ignored plain body',
      '?url=a.war&workflow_name=mine',
      { body: 'x', headers: { 'content-type': 'text/plain' } },
    ],
  ])('takes the parameters of a registration from %s', async (_, query, init) => {
    onRegister = keepPayload;
    expect(await ask('POST', `/workflows${query}`, init)).toEqual({
      status: 200,
      body: { status: 'Workflow mine has been registered and scaled successfully.' },
    });
    expect(payload).toEqual({ url: 'a.war', workflowName: 'mine' });
  });

  it.each([
    ['no url', '', {}, 'Parameter url is required.'],
    ['an empty url', '?url=', {}, 'Parameter url is required.'],
    ['a url that is no text', '', json({ url: 5 }), 'Parameter url must be a string, not "5".'],
    ['a url that is a list', '', json({ url: ['a.war'] }), 'Parameter url must be a string, not "a list".'],
    [
      'a url that is nested',
      '',
      json(`{"url":${'['.repeat(31)}${']'.repeat(31)}}`),
      'Parameter url must be a string, not "a list".',
    ],
    [
      'a url of more than 8192 characters',
      '',
      json({ url: 'u'.repeat(8_193) }),
      `Parameter url must be at most 8192 characters long, not "${'u'.repeat(199)}…".`,
    ],
    [
      'a name that is none, before anything is queued',
      '?url=a&workflow_name=a%20b',
      {},
      expect.stringMatching(/^The workflow name "a b" is not valid: a name has 1 to 128 letters/),
    ],
    [
      'a presigned URL whose & are not encoded',
      '?url=https://s3.test/a.war?X-Amz-Date=1&X-Amz-Signature=2',
      {},
      expect.stringMatching(
        /^Parameter url ends at its first "&": X-Amz-Signature came as a parameter of its own\. Percent-enc/,
      ),
    ],
    [
      'a presigned URL whose & are not encoded, in a form',
      '',
      { body: 'url=https://a.test/a.war?sv=1&sig=2', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      expect.stringMatching(/^Parameter url ends at its first "&": sig came as a parameter of its own\. /),
    ],
    ['a wrong switch', '?url=a&synchronous=maybe', {}, 'Parameter synchronous must be true or false, not "maybe".'],
    ['a wrong digest', '?url=a&sha256=xyz', {}, 'Parameter sha256 must be 64 hexadecimal digits, not "xyz".'],
    ['a body that is no JSON', '?url=a', json('{not'), expect.stringMatching(/^The request body cannot be read: /)],
    ['a body that is no object', '?url=a', json('[]'), 'The request body cannot be read: it is not a JSON object'],
  ])('refuses %s', async (_, query, init, message) => {
    payload = undefined;
    onRegister = keepPayload;
    expect(await ask('POST', `/workflows${query}`, init)).toEqual({
      status: 400,
      body: {
        code: 400,
        type: expect.stringMatching(/^(BadRequest|InvalidWorkflow)Exception$/) as string,
        message: message as string,
        errorCode: expect.stringMatching(/^(parameter|url|bodyMalformed|workflowName)/) as string,
      },
    });
    expect(payload).toBeUndefined();
  });

  it.each([
    ['a url as long as may be', json({ url: 'u'.repeat(8_192) }), { url: 'u'.repeat(8_192) }],
    [
      "TorchServe's other parameters beside a url with a query",
      { body: new URLSearchParams({ url: 'https://a.test/a.war?raw=1', initial_workers: '2', synchronous: 'True' }) },
      { url: 'https://a.test/a.war?raw=1' },
    ],
    [
      'a presigned URL that is encoded',
      { body: new URLSearchParams({ url: 'https://a.test/a.war?sv=1&sig=2' }) },
      { url: 'https://a.test/a.war?sv=1&sig=2' },
    ],
  ])('takes %s', async (_, init, expected) => {
    onRegister = keepPayload;
    expect(await ask('POST', '/workflows', init)).toMatchObject({ status: 200 });
    expect(payload).toEqual(expected);
  });

  it.each([
    ['as deeply as anybody needs', 31, 'Parameter url must be a string, not "'],
    ['one level more', 32, 'The request body cannot be read: it nests more than 32 levels deep'],
    ['without end', 1_500, 'The request body cannot be read: it nests more than 32 levels deep'],
  ])('reads JSON that nests %s', async (_, levels, message) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const url = `${open.repeat(levels)}1${close.repeat(levels)}`;
      const { status, body } = await ask('POST', '/workflows', json(`{"url": ${url}}`));
      expect([status, (body as { message: string }).message]).toEqual([400, expect.stringContaining(message)]);
    }
  });

  it('quotes no more of a wrong parameter than anybody reads', async () => {
    const { body } = await ask('POST', '/workflows', json({ url: 'a.war', sha256: 'x'.repeat(5_000) }));
    expect((body as { message: string }).message).toBe(
      `Parameter sha256 must be 64 hexadecimal digits, not "${'x'.repeat(199)}…".`,
    );
  });

  it.each(['meta', 'events', 'id', 'wait', 'completed', 'failed', 'stalled-check', 'marker', 'delayed', 'x:logs'])(
    'knows no operation by the name of a record that is none: %s',
    async (id) => {
      expect(await ask('GET', `/operations/${id}`)).toMatchObject({
        status: 404,
        body: { type: 'OperationNotFoundException' },
      });
    },
  );

  it('tells a failed registration with its status, type and sentence', async () => {
    onRegister = () => Promise.reject(new TorchweaveError('workflowConflict', { workflow: 'chain' }));
    expect(await ask('POST', '/workflows?url=chain.war')).toEqual({
      status: 409,
      body: {
        ...{ code: 409, type: 'ConflictStatusException', message: 'Workflow chain is already registered.' },
        errorCode: 'workflowConflict',
      },
    });
  });

  it('answers 202 and an operation to follow when it is not to wait', async () => {
    let finish: () => void = () => undefined;
    const mayFinish = new Promise<void>((resolve) => (finish = resolve));
    onRegister = async (_, job) => {
      job.concerns('mine');
      await job.step('register-nodes', () => mayFinish);
      return { workflow: 'mine' };
    };
    const response = await fetch(`${base}/workflows?url=a.war&synchronous=false`, { method: 'POST' });
    const { operationId } = (await response.json()) as { operationId: string };
    expect([response.status, response.headers.get('location')]).toEqual([202, `/operations/${operationId}`]);
    finish();
    for (;;) {
      const { body } = await ask('GET', `/operations/${operationId}`);
      if ((body as { state: string }).state !== 'succeeded') continue;
      expect(body).toMatchObject({ kind: 'register-workflow', workflow: 'mine', steps: [{ name: 'register-nodes' }] });
      return;
    }
  });

  it('shows the error of a failed operation as an error answer', async () => {
    onRegister = () => Promise.reject(new TorchweaveError('workflowNotInStore', { url: 'x.war' }));
    const { body } = await ask('POST', '/workflows?url=x.war&synchronous=false');
    const { operationId } = body as { operationId: string };
    for (;;) {
      const operation = (await ask('GET', `/operations/${operationId}`)).body as { state: string };
      if (operation.state !== 'failed') continue;
      expect(operation).toMatchObject({ error: { code: 404, type: 'WorkflowNotFoundException' } });
      return;
    }
  });

  it.each([
    ['GET', '/nosuch', 404, 'ResourceNotFoundException'],
    ['GET', '/', 405, 'MethodNotAllowedException'],
    ['PUT', '/workflows', 405, 'MethodNotAllowedException'],
    ['DELETE', '/workflows', 405, 'MethodNotAllowedException'],
    ['POST', '/workflows/foo?url=a', 405, 'MethodNotAllowedException'],
    ['GET', '/workflows/nope', 404, 'WorkflowNotFoundException'],
    ['DELETE', '/workflows/nope', 404, 'WorkflowNotFoundException'],
    ['GET', '/operations/nope', 404, 'OperationNotFoundException'],
    ['GET', '/%zz', 404, 'ResourceNotFoundException'],
  ])('answers %s %s with %i %s', async (method, path, status, type) => {
    expect(await ask(method, path)).toMatchObject({ status, body: { code: status, type } });
  });

  it('answers 503 and when to try again, at once, to more than may wait for their end; reads go on', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const begun = new Promise<void>((resolve) => {
      onRegister = ({ url }) => (resolve(), ended.then(() => ({ workflow: url })));
    });
    const first = fetch(`${narrow}/workflows?url=a.war`, { method: 'POST' });
    await begun;
    const refused = await fetch(`${narrow}/workflows?url=b.war`, { method: 'POST' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 503, type: 'ServiceUnavailableException' });
    expect((await fetch(`${narrow}/workflows`)).status).toBe(200);
    end();
    expect((await first).status).toBe(200);
    expect((await fetch(`${narrow}/workflows?url=b.war`, { method: 'POST' })).status).toBe(200);
  });

  it('refuses a body that is larger than the limit', async () => {
    expect(await ask('POST', '/workflows', json(`"${'x'.repeat(20_000)}"`))).toMatchObject({ status: 413 });
  });

  it('writes JSON and headers as TorchServe does', async () => {
    const response = await fetch(`${base}/workflows`);
    expect(await response.text()).toBe('{\n  "workflows": []\n}\n');
    expect(response.headers.get('cache-control')).toBe('no-cache; no-store, must-revalidate, private');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('keeps a request id that cannot break a log line, and no other', async () => {
    const idOf = async (id: string): Promise<string | null> =>
      (await fetch(`${base}/nosuch`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idOf('abc-1')).toBe('abc-1');
    expect(await idOf('a b"c')).not.toBe('a b"c');
  });

  it('serves one OpenAPI 3.1 document in two places, with every route and every error type', async () => {
    const [fromOptions, fromPath] = [await ask('OPTIONS', '/'), await ask('GET', '/openapi.json')];
    expect(fromOptions).toEqual(fromPath);
    expect(fromPath.body).toMatchObject({
      openapi: '3.1.0',
      info: { version },
      paths: {
        '/workflows': { get: {}, post: {} },
        '/workflows/{name}': { get: {}, delete: {} },
        '/operations/{id}': { get: {}, delete: {} },
      },
      components: { schemas: { RegisterWorkflowDto: { required: ['url'] }, ErrorAnswer: {} } },
    });
    const { paths } = fromPath.body as { paths: Record<string, { post: { parameters: { name: string }[] } }> };
    const names = paths['/workflows']?.post.parameters.map(({ name }) => name);
    expect(names).toEqual(['Idempotency-Key', 'url', 'workflow_name', 'synchronous', 'sha256']);
    const { post } = (fromPath.body as { paths: Record<string, { post: { requestBody: { content: object } } }> }).paths[
      '/workflows'
    ] ?? { post: { requestBody: { content: {} } } };
    expect(Object.keys(post.requestBody.content)).toEqual([
      ...['application/json', 'application/x-www-form-urlencoded'],
      ...['application/zip', 'application/gzip', 'application/octet-stream', 'multipart/form-data'],
    ]);
  });
});
