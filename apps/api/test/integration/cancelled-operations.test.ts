import { createApiServer } from '@torchweave/api';
import { silentLogger, WorkflowManagement, type JobHandlers, type OperationRun } from '@torchweave/application';
import { BullMqJobQueue, BullMqJobWorker } from '@torchweave/bullmq-job-queue';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { idleHandlers } from '@torchweave/testing/builders';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

type Register = JobHandlers['register-workflow'];
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The api on a real Redis and a real queue; what a worker does with a registration is the test's choice. */
describe('DELETE /operations/{id}', () => {
  const namespace = 'cancel-test';
  let redis: TestRedis;
  let base: string;
  let state: RedisWorkflowState;
  let worker: BullMqJobWorker;
  let onRegister: Register = () => Promise.resolve({ workflow: 'w' });
  const closing: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await TestRedis.start();
    const link = new RedisLink(redis.url, silentLogger);
    const connection = new RedisConnection(link, silentLogger);
    await connection.open();
    state = new RedisWorkflowState(connection, namespace);
    const jobs = await BullMqJobQueue.open({ redis: link, namespace, logger: silentLogger });
    const management = new WorkflowManagement(state, jobs, { waitMs: 20_000 });
    const server = await createApiServer({ management, logger: silentLogger, maxRequestSize: 10_000 });
    await server.listen(0, '127.0.0.1');
    base = await server.getUrl();
    closing.push(
      () => server.close(),
      () => jobs.close(),
      () => Promise.resolve(connection.close()),
      () => redis.dispose(),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });
  beforeEach(() => {
    const handlers: JobHandlers = { ...idleHandlers, 'register-workflow': (...given) => onRegister(...given) };
    const link = new RedisLink(redis.url, silentLogger);
    worker = new BullMqJobWorker(
      { redis: link, namespace, logger: silentLogger, concurrency: 4, lockMs: 5_000 },
      handlers,
    );
    return () => worker.close();
  });

  async function ask(method: string, path: string): Promise<Answer> {
    const response = await fetch(base + path, { method });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
  }

  const begin = async (): Promise<string> =>
    String((await ask('POST', '/workflows?url=a.war&synchronous=false')).body['operationId']);

  /** Waits until it is cancelled, and fails with that, as a saga does when it has undone everything. */
  const untilCancelled: Register = async (_, job) => {
    await new Promise((resolve) => job.signal.addEventListener('abort', resolve, { once: true }));
    throw job.signal.reason;
  };

  it('ends what no worker has begun, and answers so again', async () => {
    const id = await begin();
    const { status, headers, body } = await ask('DELETE', `/operations/${id}`);
    expect([status, headers.get('operation-id')]).toEqual([200, id]);
    expect(body).toMatchObject({
      ...{ id, state: 'failed', attempts: 0 },
      error: { code: 409, errorCode: 'operationCancelled', operationId: id },
    });
    expect(body).not.toHaveProperty('runsAs');
    expect((await ask('DELETE', `/operations/${id}`)).body).toEqual(body);
    expect((await ask('GET', `/operations/${id}`)).body).toEqual(body);
  });

  it('stops what is under way, and whoever waits for it is told', async () => {
    let began: (id: string) => void = () => undefined;
    const begun = new Promise<string>((resolve) => (began = resolve));
    onRegister = (payload, job) => {
      began(job.operationId);
      return untilCancelled(payload, job);
    };
    await worker.start();
    const waiting = ask('POST', '/workflows?url=a.war');
    const id = await begun;
    const { status, headers, body } = await ask('DELETE', `/operations/${id}`);
    expect([status, headers.get('location')]).toEqual([202, `/operations/${id}`]);
    expect(body).toMatchObject({ id, state: 'running' });
    expect(await waiting).toMatchObject({
      status: 409,
      body: {
        ...{ code: 409, type: 'ConflictStatusException', errorCode: 'operationCancelled', operationId: id },
        message: `Operation ${id} was cancelled on request: nothing of what it had done is left.`,
      },
    });
  });

  it('refuses what has committed, what has ended, and what is not there', async () => {
    let commit: (run: OperationRun) => void = () => undefined;
    const committed = new Promise<OperationRun>((resolve) => (commit = resolve));
    let end: () => void = () => undefined;
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    onRegister = async (_, job) => {
      const { run } = await state.takeUp(job.operationId);
      await state.reserve(sampleDefinition('w'), run);
      await state.activate({ workflow: 'w', version: 1 }, run);
      commit(run);
      await mayEnd;
      return { workflow: 'w' };
    };
    await worker.start();
    const waiting = ask('POST', '/workflows?url=a.war');
    const { operationId: id } = await committed;
    const refused = { errorCode: 'operationNotCancellable', type: 'ConflictStatusException' };
    expect(await ask('DELETE', `/operations/${id}`)).toMatchObject({
      status: 409,
      body: { ...refused, message: expect.stringMatching(/what it makes is served already/) as string },
    });
    end();
    expect((await waiting).status).toBe(200);
    expect(await ask('DELETE', `/operations/${id}`)).toMatchObject({
      status: 409,
      body: { ...refused, message: expect.stringMatching(/it has ended/) as string },
    });
    expect(await ask('DELETE', '/operations/none')).toMatchObject({
      status: 404,
      body: { errorCode: 'operationNotFound' },
    });
  });
});
