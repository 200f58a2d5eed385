import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import { RedisConnection, RedisWorkflowScaling, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { RedisIdempotencyKeys, RedisModelReports, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { RedisStateProbe } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { describeIdempotencyKeys } from '@torchweave/testing/port-conformance/idempotency-keys';
import { describeModelReports } from '@torchweave/testing/port-conformance/model-reports';
import { describeStateProbe } from '@torchweave/testing/port-conformance/state-probe';
import { describeWorkflowScaling } from '@torchweave/testing/port-conformance/workflow-scaling';
import { describeWorkflowState } from '@torchweave/testing/port-conformance/workflow-state';
import { describeWorkflowVersions } from '@torchweave/testing/port-conformance/workflow-versions';
import { afterAll, beforeAll } from 'vitest';

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

describeModelReports('RedisModelReports', async () => {
  const [connection, namespace] = await connect();
  const reports = new RedisModelReports(connection, namespace);
  return { reports, dispose: () => Promise.resolve(connection.close()) };
});

describeStateProbe('RedisStateProbe', async () => {
  const [connection] = await connect();
  return { probe: new RedisStateProbe(connection), dispose: () => Promise.resolve(connection.close()) };
});
