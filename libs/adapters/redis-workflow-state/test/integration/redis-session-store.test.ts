import { silentLogger } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisSessionStore } from '@torchweave/redis-workflow-state';
import { describeSessionStore } from '@torchweave/testing/port-conformance/session-store';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

describeSessionStore('RedisSessionStore', async (limit) => {
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  const store = new RedisSessionStore(connection, `test-${(namespaces += 1)}`, limit);
  return { store, dispose: () => Promise.resolve(connection.close()) };
});
