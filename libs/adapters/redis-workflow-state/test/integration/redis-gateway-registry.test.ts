import { silentLogger } from '@torchweave/application';
import { RedisConnection, RedisGatewayRegistry } from '@torchweave/redis-workflow-state';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

/** The registry as a worker and a gateway have it, each on connections of its own. */
async function registries(leaseMs?: number) {
  const namespace = `test-${(namespaces += 1)}`;
  const open = async () => {
    const connection = new RedisConnection(redis.url, silentLogger);
    await connection.open();
    onTestFinished(() => connection.close());
    return { connection, registry: new RedisGatewayRegistry(connection, namespace, leaseMs) };
  };
  return { worker: await open(), gateway: await open() };
}

describe('RedisGatewayRegistry', () => {
  it('waits until every gateway serves the revision', async () => {
    const { worker, gateway } = await registries();
    await gateway.registry.announce('a', 7);
    await gateway.registry.announce('b', 6);
    let isOver = false;
    const waiting = worker.registry.waitFor(7, 20_000).then((late) => {
      isOver = true;
      return late;
    });
    // It has looked, and found b, when this is answered.
    await worker.registry.waitFor(6, 20_000);
    expect(isOver).toBe(false);
    await gateway.registry.announce('b', 7);
    expect(await waiting).toEqual([]);
  });

  it('tells which gateways are late when the time is over', async () => {
    const { worker, gateway } = await registries();
    await gateway.registry.announce('slow', 6);
    expect(await worker.registry.waitFor(7, 20)).toEqual(['slow']);
  });

  it('waits for nobody whose lease is over or who has left', async () => {
    const { worker, gateway } = await registries(50);
    await gateway.registry.announce('dead', 6);
    await gateway.registry.announce('gone', 6);
    await gateway.registry.leave('gone');
    expect(await worker.registry.waitFor(7, 20_000)).toEqual([]);
  });

  it('looks for all that wait at once, when a gateway announces', async () => {
    const { worker, gateway } = await registries();
    await gateway.registry.announce('a', 0);
    const waiting = Array.from({ length: 50 }, (_, index) => worker.registry.waitFor(index + 1, 20_000));
    await worker.registry.waitFor(0, 20_000);
    const before = await scriptsRun(worker.connection);
    for (let revision = 1; revision <= 50; revision += 1) await gateway.registry.announce('a', revision);
    expect((await Promise.all(waiting)).flat()).toEqual([]);
    // 50 announcements, and at most one look after each.
    expect((await scriptsRun(worker.connection)) - before).toBeLessThanOrEqual(101);
  });
});

async function scriptsRun({ commands }: RedisConnection): Promise<number> {
  const stats = await commands.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
