import { silentLogger } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import { RedisAuditTrail, RedisConnection } from '@torchweave/redis-workflow-state';
import { describeAuditTrail } from '@torchweave/testing/port-conformance/audit-trail';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let redis: TestRedis;
let namespaces = 0;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

async function connect(): Promise<RedisConnection> {
  const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
  await connection.open();
  return connection;
}

describeAuditTrail('RedisAuditTrail', async (limits) => {
  const connection = await connect();
  const trail = new RedisAuditTrail(connection, `audit-${(namespaces += 1)}`, limits);
  return { trail, dispose: () => Promise.resolve(connection.close()) };
});

describe('RedisAuditTrail', () => {
  it('tells of all others where one cannot be read', async () => {
    const connection = await connect();
    const trail = new RedisAuditTrail(connection, 'broken');
    const entry = { kind: 'change', at: '2026-01-01T00:00:00.000Z', method: 'POST', path: '/workflows' } as const;
    await trail.append(entry);
    await connection.commands.lpush('{broken}:audit:change', 'no JSON', 'null', '{}');
    expect(await trail.list('change', 0, 10)).toEqual([entry]);
    connection.close();
  });
});
