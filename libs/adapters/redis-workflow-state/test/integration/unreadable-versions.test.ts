import { RedisLink } from '@torchweave/redis-client';
import { silentLogger, type OperationRun } from '@torchweave/application';
import { asVersion } from '@torchweave/domain';
import { RedisConnection, RedisWorkflowState, RedisWorkflowVersions } from '@torchweave/redis-workflow-state';
import { sampleDefinition } from '@torchweave/testing/port-conformance/sample-definition';
import { TestRedis } from '@torchweave/testing/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';

const namespace = 'unreadable-versions';
const keep = { versions: 2, ms: 600_000, drainMs: 0 };

let server: TestRedis;
let connection: RedisConnection;
let state: RedisWorkflowState;
let versions: RedisWorkflowVersions;
beforeAll(async () => {
  server = await TestRedis.start();
  connection = new RedisConnection(new RedisLink(server.url, silentLogger), silentLogger);
  await connection.open();
  state = new RedisWorkflowState(connection, namespace);
  versions = new RedisWorkflowVersions(connection, namespace);
});
afterAll(async () => {
  connection.close();
  await server.dispose();
});

const runOf = async (operationId: string): Promise<OperationRun> => (await state.takeUp(operationId)).run;

async function registerWithTwoUpdates(workflow: string): Promise<void> {
  const first = await runOf(`${workflow}-1`);
  await state.reserve(sampleDefinition(workflow), first);
  await state.activate({ workflow, version: 1 }, first);
  for (const version of [2, 3]) {
    const run = await runOf(`${workflow}-${version}`);
    await versions.reserve(workflow, (number) => asVersion(sampleDefinition(workflow), number), run);
    await versions.activate({ workflow, version }, run, { asDefault: true, keep });
  }
}

it('a version that cannot be read hurts no other, and no archive goes because of it', async () => {
  await registerWithTwoUpdates('a');
  await registerWithTwoUpdates('b');
  expect(await versions.definitions(['a', 'b'])).toMatchObject({ definitions: { length: 4 }, unreadable: 0 });
  await connection.commands.hset(`{${namespace}}:version:a@1`, 'schemaVersion', '99');
  await connection.commands.hset(`{${namespace}}:retired:b`, '7', '{"name":');
  expect(await versions.definitions(['a', 'b'])).toMatchObject({ definitions: { length: 3 }, unreadable: 2 });
  expect((await versions.list('a'))?.beside.map(({ record }) => record.definition.version)).toEqual([2]);
  expect(await versions.list('b')).toMatchObject({ beside: { length: 2 }, retired: [] });
  await expect(versions.get({ workflow: 'a', version: 1 })).rejects.toMatchObject({ code: 'workflowUnreadable' });
  const changes = await state.changesSince(0, 100);
  const served = changes.filter(({ record }) => record !== undefined).map(({ workflow }) => workflow);
  expect(served.sort()).toEqual(['a', 'a@2', 'b', 'b@1', 'b@2']);
  expect(changes.find(({ workflow }) => workflow === 'a@1')?.unreadable?.code).toBe('workflowUnreadable');
  // It goes with its workflow.
  const run = await runOf('gone');
  const { models } = await state.beginRemoval('a', run);
  expect([...models].sort()).toEqual(['a__up', 'a__up.v2', 'a__up.v3']);
  await state.release('a', run, models, []);
  expect(await connection.commands.exists(`{${namespace}}:version:a@1`)).toBe(0);
});

it('a version that answers requests when it should have gone is looked at again later, after others', async () => {
  await registerWithTwoUpdates('c');
  const key = `{${namespace}}:warm-versions`;
  await connection.commands.zadd(key, 1, 'c@1');
  await versions.direct('c', await runOf('share'), { weights: { 1: 50, 3: 50 } });
  expect(await versions.overdue()).toEqual([{ workflow: 'c', version: 1 }]);
  const removal = versions.beginRemoval({ workflow: 'c', version: 1 }, await runOf('retire'), true);
  await expect(removal).rejects.toMatchObject({ code: 'versionServes' });
  expect(await versions.overdue()).toEqual([]);
});
