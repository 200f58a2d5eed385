import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import {
  RedisConnection,
  RedisGatewayProbes,
  RedisWorkflowScaling,
  RedisWorkflowState,
} from '@torchweave/redis-workflow-state';
import { RedisIdempotencyKeys, RedisModelReports, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { RedisLiveReports, RedisStateProbe } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { describeGatewayProbes } from '@torchweave/testing/port-conformance/gateway-probes';
import { describeIdempotencyKeys } from '@torchweave/testing/port-conformance/idempotency-keys';
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
