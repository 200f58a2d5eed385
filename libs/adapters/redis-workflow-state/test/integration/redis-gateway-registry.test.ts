import { RedisLink } from '@torchweave/redis-client';
import { silentLogger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { RedisConnection, RedisGatewayRegistry } from '@torchweave/redis-workflow-state';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.dispose());

const preparation = { operationId: 'operation', definition: sampleDefinition('chain') };

let namespaces = 0;

/** The registry as a worker and a gateway have it, each on connections of its own. */
async function registries(leaseMs?: number) {
  const namespace = `test-${(namespaces += 1)}`;
  const open = async () => {
    const connection = new RedisConnection(new RedisLink(redis.url, silentLogger), silentLogger);
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

  it('hears over what is no message of its own', async () => {
    const { worker, gateway } = await registries();
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
      await worker.connection.commands.publish(`{test-${namespaces}}:preparations`, garbage);
      await worker.connection.commands.publish(`{test-${namespaces}}:prepared`, garbage);
    }
    await worker.registry.prepare(preparation, new AbortController().signal);
    expect(heard).toEqual(['operation']);
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

  it('asks every live gateway to prepare, and tells how it went on each', async () => {
    const { worker, gateway } = await registries();
    const failure = new TorchweaveError('archiveStoreFull', {}).toRecord();
    await gateway.registry.onPreparation({
      prepare: ({ operationId, definition }) => {
        expect(definition).toEqual(preparation.definition);
        void gateway.registry.answerPreparation('another operation', { gatewayId: 'b' });
        void gateway.registry.answerPreparation(operationId, { gatewayId: 'a' });
        void gateway.registry.answerPreparation(operationId, { gatewayId: 'has no lease' });
        void gateway.registry.answerPreparation(operationId, { gatewayId: 'b', failure });
      },
      discard: () => undefined,
    });
    await gateway.registry.announce('a', 0);
    await gateway.registry.announce('b', 0);
    const outcomes = await worker.registry.prepare(preparation, new AbortController().signal);
    expect(outcomes).toHaveLength(2);
    expect(outcomes).toEqual(expect.arrayContaining([{ gatewayId: 'a' }, { gatewayId: 'b', failure }]));
  });

  it('asks nobody where no gateway lives', async () => {
    const { worker } = await registries();
    expect(await worker.registry.prepare(preparation, new AbortController().signal)).toEqual([]);
  });

  it('ends the wait for a gateway that does not answer when it is told to', async () => {
    const { worker, gateway } = await registries();
    const end = new AbortController();
    await gateway.registry.announce('silent', 0);
    const asked = new Promise<void>((resolve) => {
      void gateway.registry.onPreparation({ prepare: () => resolve(), discard: () => undefined });
    });
    const waiting = worker.registry.prepare(preparation, end.signal);
    await asked;
    end.abort(new Error('told to'));
    await expect(waiting).rejects.toThrow('told to');
    await expect(worker.registry.prepare(preparation, end.signal)).rejects.toThrow('told to');
  });

  it('tells gateways what is not going to be committed, until they stop listening', async () => {
    const { worker, gateway } = await registries();
    const discarded: string[] = [];
    const stop = await gateway.registry.onPreparation({
      prepare: () => undefined,
      discard: (id) => discarded.push(id),
    });
    const later = new Promise<void>((resolve) => {
      void gateway.registry.onPreparation({ prepare: () => undefined, discard: (id) => id === 'second' && resolve() });
    });
    await worker.registry.discard('first');
    await vi.waitFor(() => expect(discarded).toEqual(['first']));
    stop();
    await worker.registry.discard('second');
    await later;
    expect(discarded).toEqual(['first']);
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
