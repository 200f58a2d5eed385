import { silentLogger } from '@torchweave/application';
import { modelNodes, versionOf } from '@torchweave/domain';
import { RedisLink } from '@torchweave/redis-client';
import { RedisConnection, RedisGatewayRegistry, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { restoreRecording } from '@torchweave/testing/recordings';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const namespace = 'torchweave';

describe('what 0.1.0 has stored', () => {
  let server: TestRedis;
  let connection: RedisConnection;
  let state: RedisWorkflowState;
  beforeAll(async () => {
    server = await TestRedis.start();
    connection = new RedisConnection(new RedisLink(server.url, silentLogger), silentLogger);
    await connection.open();
    await restoreRecording(connection.commands, '0.1.0');
    state = new RedisWorkflowState(connection, namespace);
  });
  afterAll(async () => {
    connection.close();
    await server.dispose();
  });

  it('is read as version 1 of each workflow, with the models that it has', async () => {
    const changes = await state.changesSince(0, 10);
    expect(
      changes.map(({ workflow, revision, record }) => [
        workflow,
        revision,
        record && [versionOf(record.definition), record.pointers],
      ]),
    ).toEqual([
      ['chain', 1, [{ workflow: 'chain', version: 1 }, { active: 1 }]],
      ['fnonly', 2, [{ workflow: 'fnonly', version: 1 }, { active: 1 }]],
      ['diamond', 3, [{ workflow: 'diamond', version: 1 }, { active: 1 }]],
      ['gone', 5, undefined],
    ]);
    const models = changes.flatMap(({ record }) => (record === undefined ? [] : modelNodes(record.definition)));
    expect(models.map(({ modelName }) => modelName)).toEqual(['chain__up', 'diamond__up', 'diamond__rv']);
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
    const [record] = (await state.changesSince(0, 1)).flatMap(({ record }) => record ?? []);
    const committed = await state.takeUp(record?.operationId ?? '');
    expect(committed).toMatchObject({ isTakenOver: false, trace: { outcome: 'committed', workflow: 'chain' } });
    const undone = await state.takeUp('aaff8f1c-0b7a-4151-a617-6de8ce90aafa');
    expect(undone.trace).toMatchObject({
      outcome: 'released',
      failure: { code: 'registrationFailed', data: { workflow: 'unknownfn' } },
    });
  });

  it('is followed by its gateways, whose leases have no more than a revision', async () => {
    await connection.commands.hset(`{${namespace}}:gateways`, 'old', '5 99999999999999');
    const registry = new RedisGatewayRegistry(connection, namespace);
    expect(await registry.waitFor(5, 0)).toEqual([]);
    expect(await registry.waitFor(6, 0)).toEqual(['old']);
  });

  it('is unregistered with its models', async () => {
    const { run } = await state.takeUp('remove');
    const removal = await state.beginRemoval('diamond', run);
    expect(removal.models).toEqual(['diamond__up', 'diamond__rv']);
    await state.release('diamond', run, removal.models, []);
    expect(await state.get('diamond')).toBeUndefined();
  });
});
