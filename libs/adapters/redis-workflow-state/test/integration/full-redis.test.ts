import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, writeRefusal } from '@torchweave/application';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const full = { code: 'stateRefusesWrites', status: 503, data: { cause: 'full' } };

describe('RedisWorkflowState on a Redis that is full', () => {
  let server: TestRedis;
  let connection: RedisConnection;
  let state: RedisWorkflowState;
  beforeEach(async () => {
    server = await TestRedis.start();
    connection = new RedisConnection(new RedisLink(server.url, silentLogger), silentLogger);
    await connection.open();
    state = new RedisWorkflowState(connection, 'full');
  });
  afterEach(async () => {
    connection.close();
    await server.dispose();
  });

  const fill = (): Promise<unknown> => connection.commands.config('SET', 'maxmemory', '1');
  const makeRoom = (): Promise<unknown> => connection.commands.config('SET', 'maxmemory', '0');

  it('says so, and that it is over', async () => {
    expect(await writeRefusal(state)).toBeUndefined();
    await fill();
    expect(await writeRefusal(state)).toBe(
      'Redis refuses writes: it has reached its maxmemory. Unregister workflows or raise maxmemory.',
    );
    await makeRoom();
    expect(await writeRefusal(state)).toBeUndefined();
  });

  it('says of a replica that it takes no writes', async () => {
    await connection.commands.replicaof('127.0.0.1', '1');
    await expect(state.probeWrites()).rejects.toMatchObject({ code: 'stateRefusesWrites', data: { cause: 'replica' } });
    // What is under way is tried again: it may be the primary in a moment.
    await expect(state.takeUp('op')).rejects.toMatchObject({ code: 'stateUnavailable' });
  });

  it('takes no further registration, at once', async () => {
    await fill();
    const { run } = await state.takeUp('op');
    await expect(state.reserve(sampleDefinition('chain'), run)).rejects.toMatchObject(full);
    await makeRoom();
    expect(await state.get('chain')).toBeUndefined();
  });

  it('ends what is under way: a registration is committed, or undone', async () => {
    const first = await state.takeUp('first');
    await state.reserve(sampleDefinition('a'), first.run);
    const second = await state.takeUp('second');
    await state.reserve(sampleDefinition('b'), second.run);
    await fill();
    expect(await state.activate({ workflow: 'a', version: 1 }, first.run)).toMatchObject({ phase: 'ready' });
    await state.beginUndo('b', second.run, { code: 'archiveStoreFull', data: {} });
    await state.release('b', second.run, ['b__up'], ['b__up']);
    const { token, unowned } = await state.claimOrphans();
    await state.settleOrphans({ token, kept: [], gone: unowned, left: [] });
    expect([unowned, await state.orphans(), await state.get('b')]).toEqual([['b__up'], [], undefined]);
  });

  it('unregisters workflows, and gateways keep their leases', async () => {
    const { run } = await state.takeUp('register');
    await state.reserve(sampleDefinition('a'), run);
    await state.activate({ workflow: 'a', version: 1 }, run);
    const gateways = new RedisGatewayRegistry(connection, 'full', 60_000);
    await fill();
    await gateways.announce('gateway', 1);
    const removal = await state.takeUp('remove');
    const { revision, models } = await state.beginRemoval('a', removal.run);
    expect(await gateways.waitFor(revision, 0)).toEqual(['gateway']);
    await state.release('a', removal.run, models, []);
    expect(await state.get('a')).toBeUndefined();
  });
});
