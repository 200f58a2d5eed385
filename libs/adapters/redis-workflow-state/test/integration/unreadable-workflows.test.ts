import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, type OperationRun } from '@torchweave/application';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const namespace = 'unreadable';
const keyOf = (workflow: string): string => `{${namespace}}:workflow:${workflow}`;

/** How a stored workflow can be such that this version cannot read it. */
const breakages: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  'of a newer schema': (redis, key) => redis.hset(key, 'schemaVersion', '2'),
  'of no schema': (redis, key) => redis.hdel(key, 'schemaVersion'),
  'of a phase that is none': (redis, key) => redis.hset(key, 'phase', 'resting'),
  'without a phase': (redis, key) => redis.hdel(key, 'phase'),
  'without an operation': (redis, key) => redis.hdel(key, 'operationId'),
  'of no revision': (redis, key) => redis.hset(key, 'revision', '1e9999'),
  'whose active version is not there': (redis, key) => redis.hset(key, 'active', '2'),
  'without a definition': (redis, key) => redis.hdel(key, 'definition'),
  'whose definition is not JSON': (redis, key) => redis.hset(key, 'definition', '{"name"'),
  'whose definition is empty': (redis, key) => redis.hset(key, 'definition', '{}'),
  'whose definition is null': (redis, key) => redis.hset(key, 'definition', 'null'),
  'whose definition is of another workflow': (redis, key) =>
    redis.hset(key, 'definition', JSON.stringify(sampleDefinition('other'))),
  'whose nodes are of no kind': (redis, key) => {
    const { nodes, ...definition } = sampleDefinition('c');
    const broken = { ...definition, nodes: nodes.map((node) => ({ ...node, kind: 'oracle' })) };
    return redis.hset(key, 'definition', JSON.stringify(broken));
  },
  'whose nodes follow on nothing': (redis, key) => {
    const { nodes, ...definition } = sampleDefinition('c');
    const broken = { ...definition, nodes: nodes.map((node) => ({ ...node, parents: ['nosuch'] })) };
    return redis.hset(key, 'definition', JSON.stringify(broken));
  },
  'whose failure is of no code': (redis, key) => redis.hset(key, 'failure', '{"code":"nosuch","data":{}}'),
  'that is a list': (redis, key) => redis.multi().del(key).rpush(key, 'x').exec(),
  'that is a text': (redis, key) => redis.set(key, 'x'),
  'that is gone': (redis, key) => redis.del(key),
};

describe('RedisWorkflowState where a workflow is stored', () => {
  let server: TestRedis;
  let connection: RedisConnection;
  let state: RedisWorkflowState;
  beforeAll(async () => {
    server = await TestRedis.start();
    connection = new RedisConnection(new RedisLink(server.url, silentLogger), silentLogger);
    await connection.open();
    state = new RedisWorkflowState(connection, namespace);
  });
  afterAll(async () => {
    connection.close();
    await server.dispose();
  });

  const runOf = async (operationId: string): Promise<OperationRun> => (await state.takeUp(operationId)).run;

  async function register(workflow: string): Promise<void> {
    const run = await runOf(`register-${workflow}`);
    await state.reserve(sampleDefinition(workflow), run);
    await state.activate({ workflow, version: 1 }, run);
  }

  describe.each(Object.entries(breakages))('%s', (_, breakIt) => {
    const unreadable = { code: 'workflowUnreadable', status: 503, data: { workflow: 'c' } };

    beforeEach(async () => {
      await connection.commands.flushall();
      for (const workflow of ['a', 'c', 'e']) await register(workflow);
      await breakIt(connection.commands, keyOf('c'));
    });

    it('tells of it, and of the others as ever', async () => {
      await expect(state.get('c')).rejects.toMatchObject(unreadable);
      expect(await state.get('e')).toMatchObject({ phase: 'ready' });
      const changes = await state.changesSince(0, 10);
      expect(changes.map(({ workflow, record }) => [workflow, record?.phase])).toEqual([
        ['a', 'ready'],
        ['c', undefined],
        ['e', 'ready'],
      ]);
      expect(changes[1]?.unreadable).toMatchObject(unreadable);
      expect(await state.summary()).toMatchObject({ ready: 3 });
      const page = await state.page(0, 10);
      expect(page.workflows.map(({ name }) => name)).toEqual(expect.arrayContaining(['a', 'e']));
    });

    it('lets nobody have its name before it is removed, and removes it with its models', async () => {
      const removal = await state.beginRemoval('c', await runOf('remove'));
      expect(removal).toMatchObject({ workflow: 'c', models: ['c__up'] });
      expect((await state.changesSince(3, 10)).map(({ workflow, record }) => [workflow, record])).toEqual([
        ['c', undefined],
      ]);
      // Taken up again, as after a crash.
      const taken = await state.takeUp('remove');
      expect(taken.trace).toMatchObject({ outcome: 'held' });
      expect(await state.beginRemoval('c', taken.run)).toEqual(removal);
      await state.release('c', taken.run, removal.models, []);
      expect(await state.get('c')).toBeUndefined();
      await register('c');
      expect(await state.get('c')).toMatchObject({ phase: 'ready' });
    });
  });

  it('removes what cannot be read of a registration that is under way, too, and nothing else', async () => {
    await connection.commands.flushall();
    await state.reserve(sampleDefinition('c'), await runOf('register'));
    await expect(state.beginRemoval('c', await runOf('remove'))).rejects.toMatchObject({ code: 'workflowBusy' });
    await connection.commands.hset(keyOf('c'), 'schemaVersion', '2');
    expect(await state.unfinished()).toMatchObject({ records: [], unreadable: [{ code: 'workflowUnreadable' }] });
    const run = await runOf('remove');
    await state.release('c', run, (await state.beginRemoval('c', run)).models, []);
    expect(await state.unfinished()).toEqual({ records: [], unreadable: [] });
    await expect(state.beginRemoval('c', await runOf('again'))).rejects.toMatchObject({ code: 'workflowNotFound' });
  });

  it('does not reserve a name under which something is that is not a workflow', async () => {
    await connection.commands.flushall();
    await connection.commands.set(keyOf('c'), 'x');
    const reserved = state.reserve(sampleDefinition('c'), await runOf('register'));
    await expect(reserved).rejects.toMatchObject({ code: 'workflowUnreadable' });
  });
});
