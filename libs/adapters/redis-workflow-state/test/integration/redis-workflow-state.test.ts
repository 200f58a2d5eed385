import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { describeWorkflowState } from '@torchweave/testing/port-conformance/workflow-state';
import { afterAll, beforeAll } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

describeWorkflowState('RedisWorkflowState', async () => {
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  const state = new RedisWorkflowState(connection, `test-${(namespaces += 1)}`);
  return { state, dispose: () => Promise.resolve(connection.close()) };
});
