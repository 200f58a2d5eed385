import { silentLogger, type WorkflowRecord } from '@torchweave/application';
import { modelNodes, versionOf } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { recordings, restoreRecording, type Recording } from '@torchweave/testing/recordings';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const namespace = 'torchweave';

/** The names that the models of each recording have on the model servers, and an operation that was undone. */
const particulars: Readonly<Record<Recording, { models: readonly string[]; undone: string }>> = {
  'by-0.1.0': {
    models: ['chain__up', 'diamond__up', 'diamond__rv'],
    undone: 'aaff8f1c-0b7a-4151-a617-6de8ce90aafa',
  },
  'with-versions': {
    models: ['chain__up', 'diamond__up', 'diamond__rv'],
    undone: '4f5bb973-c1f9-470e-b35f-fa7942a9bd30',
  },
};

describe.each(recordings)('what is stored %s', (recording) => {
  const { models, undone } = particulars[recording];
  let server: TestRedis;
  let connection: RedisConnection;
  let state: RedisWorkflowState;
  beforeAll(async () => {
    server = await TestRedis.start();
    connection = new RedisConnection(new RedisLink(server.url, silentLogger), silentLogger);
    await connection.open();
    await restoreRecording(connection.commands, recording);
    state = new RedisWorkflowState(connection, namespace);
  });
  afterAll(async () => {
    connection.close();
    await server.dispose();
  });

  const modelNamesOf = ({ definition }: WorkflowRecord): string[] =>
    modelNodes(definition).map(({ modelName }) => modelName);

  it('is read as version 1 of each workflow, with the models that it has', async () => {
    const changes = await state.changesSince(0, 10);
    const told = changes.map(({ workflow, revision, record }) => ({
      ...{ workflow, revision },
      ...(record === undefined ? {} : { version: versionOf(record.definition), pointers: record.pointers }),
    }));
    const ready = { pointers: { active: 1 } };
    expect(told).toEqual([
      { workflow: 'chain', revision: 1, version: { workflow: 'chain', version: 1 }, ...ready },
      { workflow: 'fnonly', revision: 2, version: { workflow: 'fnonly', version: 1 }, ...ready },
      { workflow: 'diamond', revision: 3, version: { workflow: 'diamond', version: 1 }, ...ready },
      { workflow: 'gone', revision: 5 },
    ]);
    expect(changes.flatMap(({ record }) => (record === undefined ? [] : modelNamesOf(record)))).toEqual(models);
    expect(changes.flatMap(({ unreadable }) => unreadable ?? [])).toEqual([]);
    expect(await state.unfinished()).toEqual({ records: [], unreadable: [] });
  });

  it('is listed as it was', async () => {
    expect(await state.page(0, 10)).toEqual({
      workflows: ['chain', 'diamond', 'fnonly'].map((name) => ({ name, url: `${name}.war` })),
      hasMore: false,
    });
    expect(await state.summary()).toEqual({ ready: 3, revision: 5 });
  });

  it('is what its operations have left, whoever takes them up', async () => {
    const chain = await state.get('chain');
    const committed = await state.takeUp(chain?.operationId ?? '');
    expect(committed.trace).toEqual({ outcome: 'committed', workflow: 'chain' });
    expect((await state.takeUp(undone)).trace).toMatchObject({
      outcome: 'released',
      failure: { code: 'registrationFailed', data: { workflow: 'unknownfn' } },
    });
  });

  it('is followed by gateways whose leases have a revision and no more', async () => {
    await connection.commands.hset(`{${namespace}}:gateways`, 'old', '5 99999999999999');
    const registry = new RedisGatewayRegistry(connection, namespace);
    expect(await registry.waitFor(5, 0)).toEqual([]);
    expect(await registry.waitFor(6, 0)).toEqual(['old']);
  });

  it('is unregistered with its models', async () => {
    const { run } = await state.takeUp('remove');
    const removal = await state.beginRemoval('diamond', run);
    expect(removal.models).toEqual(models.slice(1));
    await state.release('diamond', run, removal.models, []);
    expect(await state.get('diamond')).toBeUndefined();
  });
});
