import { silentLogger } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisLiveHistory } from '@torchweave/redis-workflow-state';
import { describeLiveHistory } from '@torchweave/testing/port-conformance/live-history';
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

describeLiveHistory('RedisLiveHistory', async () => {
  const connection = await connect();
  const history = new RedisLiveHistory(connection, `history-${(namespaces += 1)}`);
  return { history, dispose: () => Promise.resolve(connection.close()) };
});

describe('RedisLiveHistory', () => {
  it('is bounded in number, goes by itself, and tells what can be read', async () => {
    const connection = await connect();
    const history = new RedisLiveHistory(connection, 'bounded', 3);
    const point = { workflow: 'w', requestsPerSecond: 1, errorRate: 0 };
    for (const at of [1, 2, 3, 4]) await history.add('g', at, [point]);
    expect((await history.read('w', 0)).map(({ at }) => at)).toEqual([2, 3, 4]);
    expect(await connection.commands.pttl('{bounded}:history:w')).toBeGreaterThan(0);
    for (const text of ['no JSON', 'null', '{"at": 3}', '7'])
      await connection.commands.zadd('{bounded}:history:w', 3, text);
    expect(await history.read('w', 3)).toHaveLength(2);
    connection.close();
  });
});
