import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FaultySystem } from './support/faulty-system.js';
import { missingTorchServe } from './support/torchweave.js';
import { unregisterAll } from './support/unregister-all.js';

const missing = missingTorchServe();
/** ms that an answer may take while Redis is away. */
const longestAnswerMs = 6_000;
const outageMs = 10_000;

const sleepy = `
import time

def wait(data, context):
    if data is None:
        return None
    time.sleep(1.5)
    return ["awake"]
`;
const slowToLoad = `
import time

def late(data, context):
    if data is None:
        time.sleep(2)
        return None
    return ["late"]
`;
const sibling = `
import time

def pre(data, context):
    return None if data is None else [row["body"] for row in data]

def wait(data, context):
    if data is None:
        return None
    time.sleep(20)
    return ["never"]
`;

describe.skipIf(missing !== undefined)(`faults between the parts${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let system: FaultySystem;

  beforeAll(async () => {
    system = await FaultySystem.start();
    const quick = { 'retry-attempts': 0, 'timeout-ms': 1_000 };
    const up = { url: 'upper.mar' };
    await system.writeArchive('model', { settings: quick, models: { up }, dag: { up: [] } }, sleepy);
    const dag = { pre: ['up', 'wait'] };
    await system.writeArchive(
      'siblings',
      { settings: { 'retry-attempts': 0, 'timeout-ms': 10_000 }, models: { up: { ...up, 'timeout-ms': 1_000 } }, dag },
      sibling,
    );
    await system.writeArchive('sleepy', { models: {}, dag: { wait: [] } }, sleepy);
    await system.writeArchive('late', { models: {}, dag: { late: [] } }, slowToLoad);
  });
  afterEach(async () => {
    await Promise.all([system.redisProxy.use('pass'), system.modelProxy.use('pass')]);
    await recovered();
    await unregisterAll(system.url('api'));
  });
  afterAll(() => system.dispose());

  const register = (name: string): Promise<Response> => system.manage('POST', `/workflows?url=${name}.war`);
  const statusOf = async (answer: Promise<Response>): Promise<number> => (await answer).status;
  const recovered = (): Promise<unknown> =>
    vi.waitUntil(async () => (await statusOf(system.manage('GET', '/workflows'))) === 200, { timeout: 20_000 });

  /** Status, Retry-After and whether the answer came in time. */
  async function refusal(answer: Promise<Response>): Promise<unknown> {
    const startedAt = performance.now();
    const { status, headers } = await answer;
    return [status, headers.get('retry-after'), performance.now() - startedAt < longestAnswerMs];
  }
  const refusedInTime = [503, '1', true];

  /** Predicts until told to stop. @returns every answer. */
  function keepPredicting(workflow: string): { stop(): Promise<Map<string, number>> } {
    const answers = new Map<string, number>();
    let isStopped = false;
    const run = (async () => {
      while (!isStopped) {
        const response = await system.predict(workflow);
        const answer = `${response.status} ${await response.text()}`;
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    })();
    return { stop: () => ((isStopped = true), run.then(() => answers)) };
  }

  describe('Redis', () => {
    it.each(['hang', 'refuse'] as const)('may %s for ten seconds', async (mode) => {
      expect(await statusOf(register('chain'))).toBe(200);
      expect(await statusOf(system.predict('chain'))).toBe(200);
      const predictions = keepPredicting('chain');
      await system.redisProxy.use(mode);
      const outage = wait(outageMs);
      const refusals = await Promise.all([
        refusal(system.manage('GET', '/workflows')),
        refusal(system.manage('GET', '/workflows/chain')),
        refusal(system.manage('GET', '/operations/some')),
        refusal(system.manage('GET', '/health/ready')),
        refusal(register('fnonly')),
        refusal(system.manage('DELETE', '/workflows/chain')),
        refusal(system.predict('unknown')),
      ]);
      expect(refusals).toEqual(refusals.map(() => refusedInTime));
      expect(await statusOf(system.manage('GET', '/health/live'))).toBe(200);
      await outage;
      await system.redisProxy.use('pass');
      const answers = await predictions.stop();
      expect([...answers.keys()]).toEqual(['200 HELLO']);
      await recovered();
      // All of it works again, in the processes that were there.
      await vi.waitUntil(async () => [200, 409].includes(await statusOf(register('fnonly'))), { timeout: 20_000 });
      await vi.waitUntil(async () => (await statusOf(system.predict('fnonly'))) === 200, { timeout: 20_000 });
      expect(await statusOf(system.manage('DELETE', '/workflows/fnonly'))).toBe(200);
    });

    it('may lose every connection', async () => {
      expect(await statusOf(register('chain'))).toBe(200);
      const predictions = keepPredicting('chain');
      await system.redisProxy.use('reset');
      await system.redisProxy.use('pass');
      await recovered();
      expect(await statusOf(register('fnonly'))).toBe(200);
      expect([...(await predictions.stop()).keys()]).toEqual(['200 HELLO']);
    });

    it.each([
      // Somebody has to make room first.
      ['be full', ['config', 'set', 'maxmemory', '1'], ['config', 'set', 'maxmemory', '0'], '5'],
      ['take no writes', ['replicaof', '127.0.0.1', '1'], ['replicaof', 'no', 'one'], '1'],
    ])('may %s: a registration is refused and leaves nothing', async (_, harm, mend, retryAfter) => {
      expect(await statusOf(register('chain'))).toBe(200);
      const redis = new Redis(system.redis.url);
      const send = ([name = '', ...args]: string[]): Promise<unknown> => redis.call(name, ...args);
      try {
        await send(harm);
        expect(await refusal(register('fnonly'))).toEqual([503, retryAfter, true]);
        expect(await statusOf(system.predict('chain'))).toBe(200);
        expect(await statusOf(system.manage('GET', '/workflows/chain'))).toBe(200);
      } finally {
        await send(mend);
        redis.disconnect();
      }
      expect(await statusOf(system.manage('GET', '/workflows/fnonly'))).toBe(404);
      await vi.waitUntil(async () => (await statusOf(register('fnonly'))) === 200, { timeout: 20_000 });
      expect(await statusOf(system.predict('fnonly'))).toBe(200);
    });
  });

  describe('a model server', () => {
    const modelAnswers = (): Promise<unknown> =>
      vi.waitUntil(async () => (await statusOf(system.predict('model'))) === 200, { timeout: 20_000 });

    const away = [
      503,
      'ServiceUnavailableException',
      'nodeUnavailable',
      /which cannot be reached: [\w ,()]+\. Try again/,
    ] as const;
    const late = [
      504,
      'GatewayTimeoutException',
      'nodeTimedOut',
      /did not answer within 1000 ms, the node's timeout-ms\.$/,
    ] as const;

    it.each([
      ['hang', late],
      ['reset', away],
      ['refuse', away],
      ['garbage', away],
    ] as const)(
      'that answers with %s: the node fails within its time, and works again afterwards',
      async (mode, [code, type, errorCode, message]) => {
        expect(await statusOf(register('model'))).toBe(200);
        await modelAnswers();
        await system.modelProxy.use(mode);
        const startedAt = performance.now();
        const response = await system.predict('model');
        expect([response.status, await response.json()]).toEqual([
          code,
          {
            ...{ code, type, errorCode, node: 'up', attempts: 1, reason: expect.any(String) as string },
            message: expect.stringMatching(message) as string,
          },
        ]);
        // Its 1,000 ms, and what a busy machine adds.
        expect(performance.now() - startedAt).toBeLessThan(3_000);
        await system.modelProxy.use('pass');
        await modelAnswers();
      },
    );

    it('may be slow', async () => {
      expect(await statusOf(register('model'))).toBe(200);
      await system.modelProxy.use('slow');
      await modelAnswers();
    });

    it('that fails has the other nodes of its request cancelled', async () => {
      expect(await statusOf(register('siblings'))).toBe(200);
      await system.modelProxy.use('hang');
      const startedAt = performance.now();
      expect(await statusOf(system.predict('siblings'))).toBe(504);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      const cancelled = 'torchweave_node_attempts_total{workflow="siblings",node="wait",outcome="cancelled"}';
      await vi.waitUntil(async () => (await system.metric(cancelled)) === 1);
    });

    it('that does not answer time and again gets a pause, and is asked again after it', async () => {
      expect(await statusOf(register('model'))).toBe(200);
      await modelAnswers();
      await system.modelProxy.use('reset');
      const reasons: string[] = [];
      for (let i = 0; i < 8; i += 1) {
        reasons.push(((await (await system.predict('model')).json()) as { reason: string }).reason);
      }
      expect(reasons.slice(5).join('\n')).toMatch(/it has not answered for a while; it is tried again in a moment/);
      await system.app('gateway').waitForOutput(/model server does not answer; it gets a pause/);
      await system.modelProxy.use('pass');
      await modelAnswers();
      await system.app('gateway').waitForOutput(/model server answers again/);
    });
  });

  describe('SIGTERM', () => {
    /** ms, of which a prediction takes 1,500. */
    const longestEndMs = 6_000;

    async function endsInTime(name: string): Promise<void> {
      const startedAt = performance.now();
      await system.app(name).end('SIGTERM');
      expect([system.app(name).exitCode, performance.now() - startedAt < longestEndMs]).toEqual([0, true]);
    }

    it('lets a gateway answer what is under way, and it takes nothing new', async () => {
      expect(await statusOf(register('sleepy'))).toBe(200);
      await vi.waitUntil(async () => (await system.metric('torchweave_workflows_loaded')) === 1);
      const underWay = system.predict('sleepy');
      const inFlight = 'torchweave_workflow_requests_in_flight{workflow="sleepy"}';
      await vi.waitUntil(async () => (await system.metric(inFlight)) === 1);
      const ended = endsInTime('gateway');
      await system.app('gateway').waitForOutput(/"msg":"stopping"/);
      await vi.waitUntil(
        () =>
          system.predict('sleepy').then(
            () => false,
            () => true,
          ),
        { timeout: 3_000 },
      );
      const response = await underWay;
      expect([response.status, await response.text(), response.headers.get('connection')]).toEqual([
        200,
        'awake',
        'close',
      ]);
      await ended;
      await system.startApp('gateway');
    });

    it('of one gateway after the other behind one port loses no prediction', async () => {
      expect(await statusOf(register('fnonly'))).toBe(200);
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      const url = `http://127.0.0.1:${system.balancer.port}/wfpredict/fnonly`;
      const answers = new Map<string, number>();
      const predictOnce = (): Promise<string> =>
        new Promise((resolve) => {
          const sent = request(url, { agent, method: 'POST', headers: { 'content-type': 'text/plain' } });
          sent.on('response', (response) => response.resume().on('end', () => resolve(String(response.statusCode))));
          sent.on('error', (error) => resolve(String(error))).end('hello');
        });
      let isStopped = false;
      const clients = Array.from({ length: 8 }, async () => {
        while (!isStopped) {
          const answer = await predictOnce();
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
        }
      });
      for (const name of ['gateway', 'gateway2']) {
        const before = answers.get('200') ?? 0;
        await endsInTime(name);
        await system.startApp('gateway', name);
        await vi.waitUntil(() => (answers.get('200') ?? 0) > before + 50, { timeout: 10_000 });
      }
      isStopped = true;
      await Promise.all(clients);
      agent.destroy();
      expect([...answers.keys()]).toEqual(['200']);
    });

    it('lets a worker finish its job', async () => {
      const accepted = await system.manage('POST', '/workflows?url=late.war&synchronous=false');
      const { operationId } = (await accepted.json()) as { operationId: string };
      const stateOf = async (): Promise<string> => {
        const operation = await system.manage('GET', `/operations/${operationId}`);
        return ((await operation.json()) as { state: string }).state;
      };
      await vi.waitUntil(async () => (await stateOf()) === 'running', { timeout: 10_000 });
      await endsInTime('worker');
      expect(await stateOf()).toBe('succeeded');
      expect(await statusOf(system.predict('late'))).toBe(200);
      await system.startApp('worker');
    });

    it('lets an api answer those who wait for their operation', async () => {
      const registered = register('late');
      // Answered after the registration was taken in: requests are in their order.
      await system.manage('GET', '/health/live');
      await endsInTime('api');
      expect(await statusOf(registered)).toBe(200);
      await expect(register('late')).rejects.toThrow();
      await system.startApp('api');
      expect(await statusOf(system.manage('GET', '/workflows/late'))).toBe(200);
    });
  });
});
