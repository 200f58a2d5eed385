import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import {
  RedisConnection,
  RedisGatewayProbes,
  RedisGatewayTries,
  RedisWorkflowScaling,
  RedisWorkflowState,
} from '@torchweave/redis-workflow-state';
import { RedisIdempotencyKeys, RedisModelReports, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { RedisKeptRequests, RedisLiveReports, RedisStateProbe } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { describeGatewayTries } from '@torchweave/testing/port-conformance/gateway-tries';
import { describeGatewayProbes } from '@torchweave/testing/port-conformance/gateway-probes';
import { describeIdempotencyKeys } from '@torchweave/testing/port-conformance/idempotency-keys';
import { describeKeptRequests, keptRequest } from '@torchweave/testing/port-conformance/kept-requests';
import { describeLiveReports } from '@torchweave/testing/port-conformance/live-reports';
import { describeModelReports } from '@torchweave/testing/port-conformance/model-reports';
import { describeStateProbe } from '@torchweave/testing/port-conformance/state-probe';
import { describeWorkflowScaling } from '@torchweave/testing/port-conformance/workflow-scaling';
import { describeWorkflowState } from '@torchweave/testing/port-conformance/workflow-state';
import { describeWorkflowVersions } from '@torchweave/testing/port-conformance/workflow-versions';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

async function connect(): Promise<[RedisConnection, namespace: string]> {
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  return [connection, `test-${(namespaces += 1)}`];
}

describeWorkflowState('RedisWorkflowState', async () => {
  const [connection, namespace] = await connect();
  const state = new RedisWorkflowState(connection, namespace);
  return { state, dispose: () => Promise.resolve(connection.close()) };
});

describeWorkflowVersions('RedisWorkflowVersions', async () => {
  const [connection, namespace] = await connect();
  const state = new RedisWorkflowState(connection, namespace);
  const versions = new RedisWorkflowVersions(connection, namespace);
  return { state, versions, dispose: () => Promise.resolve(connection.close()) };
});

describeWorkflowScaling('RedisWorkflowScaling', async () => {
  const [connection, namespace] = await connect();
  const state = new RedisWorkflowState(connection, namespace);
  const versions = new RedisWorkflowVersions(connection, namespace);
  const scaling = new RedisWorkflowScaling(connection, namespace);
  return { state, versions, scaling, dispose: () => Promise.resolve(connection.close()) };
});

describeIdempotencyKeys('RedisIdempotencyKeys', async (keepMs) => {
  const [connection, namespace] = await connect();
  const keys = new RedisIdempotencyKeys(connection, namespace, keepMs);
  return { keys, dispose: () => Promise.resolve(connection.close()) };
});

describeGatewayProbes('RedisGatewayProbes', async () => {
  const [forWorker, namespace] = await connect();
  const [forGateway] = await connect();
  return {
    worker: new RedisGatewayProbes(forWorker, namespace),
    gateway: new RedisGatewayProbes(forGateway, namespace),
    dispose: () => Promise.resolve([forWorker, forGateway].forEach((each) => each.close())),
  };
});

describeGatewayTries('RedisGatewayTries', async () => {
  const [forApi, namespace] = await connect();
  const [forGateway] = await connect();
  return {
    api: new RedisGatewayTries(forApi, namespace),
    gateway: new RedisGatewayTries(forGateway, namespace),
    dispose: () => Promise.resolve([forApi, forGateway].forEach((each) => each.close())),
  };
});

describe('RedisGatewayTries', () => {
  const order = { requestId: 'r', workflow: 'w', body: Buffer.from('x') };
  const tried = { status: 200, headers: {}, body: Buffer.from('y'), size: 1, durationMs: 1 };
  const patience = { beginMs: 100, wordMs: 50, silenceMs: 200 };
  const { signal } = new AbortController();

  it('waits neither for a listener that says nothing nor for a gateway that dies over it', async () => {
    const [forApi, namespace] = await connect();
    const [silent] = await connect();
    const [dying] = await connect();
    const tries = new RedisGatewayTries(forApi, namespace, patience);
    await silent.subscriber.subscribe(`{${namespace}}:try:silent`);
    const away = (reason: string): object => ({ code: 'gatewayAway', data: { reason } });
    await expect(tries.send(['silent'], order, signal)).rejects.toMatchObject(away('none'));
    await new RedisGatewayTries(dying, namespace, patience).answer('dying', () => {
      // What it says next does not come through.
      setTimeout(() => dying.close(), 20);
      return new Promise(() => undefined);
    });
    await expect(tries.send(['dying'], order, signal)).rejects.toMatchObject(away('silent'));
    for (const each of [forApi, silent]) each.close();
  });

  it('waits as long as the gateway says that it works on it', async () => {
    const [connection, namespace] = await connect();
    const tries = new RedisGatewayTries(connection, namespace, patience);
    await tries.answer('a', () => new Promise((resolve) => setTimeout(() => resolve(tried), 3 * patience.silenceMs)));
    expect(await tries.send(['a'], order, signal)).toEqual(tried);
    connection.close();
  });

  it('is ended by no message that is none of its own', async () => {
    const [connection, namespace] = await connect();
    const tries = new RedisGatewayTries(connection, namespace, patience);
    await tries.answer('a', () => Promise.resolve(tried));
    for (const message of ['', 'null', '[]', '{"id": "x"}', '{"id": "x", "askerId": "y", "order": {"body": 1}}'])
      await connection.commands.publish(`{${namespace}}:try:a`, message);
    expect(await tries.send(['a'], order, signal)).toEqual(tried);
    connection.close();
  });
});

describe('RedisGatewayProbes', () => {
  const order = { operationId: 'op', definition: sampleDefinition('w') };
  const patience = { beginMs: 100, wordMs: 50, silenceMs: 200 };
  const { signal } = new AbortController();

  it('waits neither for a listener that says nothing nor for a gateway that dies over it', async () => {
    const [forWorker, namespace] = await connect();
    const [silent] = await connect();
    const [dying] = await connect();
    await silent.subscriber.subscribe(`{${namespace}}:probes`);
    await new RedisGatewayProbes(dying, namespace, patience).answer('dying', () => {
      // What it says next does not come through.
      setTimeout(() => dying.close(), 20);
      return new Promise(() => undefined);
    });
    expect(await new RedisGatewayProbes(forWorker, namespace, patience).ask(order, signal)).toEqual([]);
    for (const each of [forWorker, silent]) each.close();
  });

  it('is ended by no message that is none of its own', async () => {
    const [connection, namespace] = await connect();
    const probes = new RedisGatewayProbes(connection, namespace, patience);
    await probes.answer('a', () => Promise.resolve());
    for (const message of ['', 'null', '[]', '{"definition": {}}', '{"operationId": 1}']) {
      await connection.commands.publish(`{${namespace}}:probes`, message);
      await connection.commands.publish(`{${namespace}}:probed`, message);
    }
    expect(await probes.ask(order, signal)).toEqual([{ gatewayId: 'a' }]);
    connection.close();
  });
});

describeModelReports('RedisModelReports', async () => {
  const [connection, namespace] = await connect();
  const reports = new RedisModelReports(connection, namespace);
  return { reports, dispose: () => Promise.resolve(connection.close()) };
});

describeStateProbe('RedisStateProbe', async () => {
  const [connection] = await connect();
  return { probe: new RedisStateProbe(connection), dispose: () => Promise.resolve(connection.close()) };
});

describeLiveReports('RedisLiveReports', async () => {
  const [connection, namespace] = await connect();
  const reports = new RedisLiveReports(connection, namespace);
  return { reports, dispose: () => Promise.resolve(connection.close()) };
});

describeKeptRequests('RedisKeptRequests', async (limit) => {
  const [connection, namespace] = await connect();
  const bounds = { requests: limit, bytes: 100_000, ageMs: 60_000, gateways: 8 };
  const requests = new RedisKeptRequests(connection, namespace, bounds);
  return { requests, dispose: () => Promise.resolve(connection.close()) };
});

describe('RedisKeptRequests', () => {
  const bounds = { requests: 100, bytes: 5_000, ageMs: 60_000, gateways: 2 };
  const large = 'x'.repeat(1_000);
  const idsIn = async (requests: RedisKeptRequests): Promise<string[]> =>
    (await requests.list({ limit: 99 })).map(({ id }) => id);

  it('keeps no more bytes of a gateway than it may, and none of one that has more alone', async () => {
    const [connection, namespace] = await connect();
    const requests = new RedisKeptRequests(connection, namespace, bounds);
    const error = { message: large, errorCode: 'nodeFailed' };
    for (let i = 0; i < 10; i += 1) await requests.add('one', [keptRequest(i, { error })]);
    expect(await idsIn(requests)).toEqual(['r-9', 'r-8', 'r-7']);
    const stored = await connection.commands.hgetall(`{${namespace}}:kept-documents:one`);
    expect(Object.keys(stored).sort()).toEqual(['10', '8', '9', 'bytes', 'number']);
    expect(Number(stored['bytes'])).toBeLessThanOrEqual(5_000);
    await requests.add('one', [keptRequest(11, { error: { ...error, message: large.repeat(9) } })]);
    expect(await idsIn(requests)).toEqual([]);
    expect(await connection.commands.hget(`{${namespace}}:kept-documents:one`, 'bytes')).toBe('0');
    connection.close();
  });

  it('tells of all others where a line or what is kept under it cannot be read', async () => {
    const [connection, namespace] = await connect();
    const requests = new RedisKeptRequests(connection, namespace, bounds);
    await requests.add('one', [keptRequest(1), keptRequest(2)]);
    const now = Number((await connection.commands.time())[0]) * 1_000;
    for (const summary of ['{', 'null', ''])
      await connection.commands.rpush(`{${namespace}}:kept-lines:one`, `9 9 ${now} ${summary}`);
    await connection.commands.hset(`{${namespace}}:kept-documents:one`, '1', '{');
    expect(await idsIn(requests)).toEqual(['r-2', 'r-1']);
    expect(await requests.find('r-2')).toEqual(keptRequest(2));
    expect(await requests.find('r-1')).toBeUndefined();
    connection.close();
  });

  it('keeps the shares of as many gateways as it may, and lets those go that have kept nothing for longest', async () => {
    const [connection, namespace] = await connect();
    const requests = new RedisKeptRequests(connection, namespace, bounds);
    for (const [at, gateway] of ['a', 'b', 'a', 'c'].entries()) {
      await requests.add(gateway, [keptRequest(at, { gateway })]);
      // The next millisecond of the server's clock.
      const began = await connection.commands.time();
      while (String(await connection.commands.time()).slice(0, -3) === String(began).slice(0, -3));
    }
    expect(await idsIn(requests)).toEqual(['r-3', 'r-2', 'r-0']);
    expect(await connection.commands.exists(`{${namespace}}:kept-lines:b`, `{${namespace}}:kept-documents:b`)).toBe(0);
    connection.close();
  });

  it('lets all of it go by age', async () => {
    const [connection, namespace] = await connect();
    const old = new RedisKeptRequests(connection, namespace, { ...bounds, ageMs: 1 });
    await old.add('one', [keptRequest(1)]);
    await expect.poll(() => connection.commands.keys(`{${namespace}}:kept*`)).toEqual([]);
    expect(await old.find('r-1')).toBeUndefined();
    connection.close();
  });
});
