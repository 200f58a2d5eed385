import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import { RedisConnection, RedisGatewayRegistry } from '@torchweave/redis-workflow-state';
import { describeGatewayRegistry } from '@torchweave/testing/port-conformance/gateway-registry';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

let namespaces = 0;

/** The registry as a worker and a gateway have it, each on connections of its own. */
async function open(leaseMs?: number) {
  const namespace = `test-${(namespaces += 1)}`;
  const connect = async () => {
    const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
    await connection.open();
    return { connection, registry: new RedisGatewayRegistry(connection, namespace, leaseMs) };
  };
  const [worker, gateway] = await Promise.all([connect(), connect()]);
  const dispose = () => {
    for (const { connection } of [worker, gateway]) connection.close();
    return Promise.resolve();
  };
  return { namespace, worker, gateway, dispose };
}

describeGatewayRegistry('RedisGatewayRegistry', async (leaseMs) => {
  const { worker, gateway, dispose } = await open(leaseMs);
  return { worker: worker.registry, gateway: gateway.registry, dispose };
});

describe('RedisGatewayRegistry', () => {
  async function registries() {
    const opened = await open();
    onTestFinished(() => opened.dispose());
    return opened;
  }

  it('hears over what is no message of its own', async () => {
    const { namespace, worker, gateway } = await registries();
    const heard: string[] = [];
    await gateway.registry.onPreparation({
      prepare: ({ operationId }) => {
        heard.push(operationId);
        void gateway.registry.answerPreparation(operationId, { gatewayId: 'a' });
      },
      discard: () => undefined,
    });
    await gateway.registry.announce('a', 0);
    await worker.registry.waitFor(0, 20_000);
    for (const garbage of ['{', 'null', '7', '""']) {
      await worker.connection.commands.publish(`{${namespace}}:preparations`, garbage);
      await worker.connection.commands.publish(`{${namespace}}:prepared`, garbage);
    }
    const preparation = { operationId: 'operation', definition: sampleDefinition('chain') };
    await worker.registry.prepare(preparation, new AbortController().signal);
    expect(heard).toEqual(['operation']);
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
