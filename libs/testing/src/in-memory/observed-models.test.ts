import { InspectWorkflow, ObserveModels, ModelServerFleet, silentLogger } from '@torchweave/application';
import type { JobQueue, ModelRepository, ModelServer, Operation } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryGatewayRegistry } from './gateway-registry.js';
import { SagaWorld } from './saga-world.js';

const away = new TorchweaveError('modelServerUnreachable', { endpoint: 'x', reason: 'connection refused' });
const operationOf = (id: string): Operation => ({
  ...{ id, runsAs: id, kind: 'register-workflow', state: 'succeeded', steps: [], createdAt: '', attempts: 1 },
});

let world: SagaWorld;
let gateways: InMemoryGatewayRegistry;
let asked: string[];
/** What a second model server says, which has no model. */
let other: ModelRepository['describe'];

beforeEach(async () => {
  [world, gateways, asked] = [new SagaWorld(), new InMemoryGatewayRegistry(), []];
  other = () => Promise.resolve(undefined);
  await world.register('first');
});

const serverOf = (name: string, describeModel: ModelRepository['describe']): ModelServer =>
  ({ name, endpoint: name, repository: { describe: describeModel } }) as ModelServer;

const observing = (): ObserveModels => {
  const servers = [
    serverOf('one', (model) => world.describe(model)),
    serverOf('other', (model, signal) => {
      asked.push(model);
      return other(model, signal);
    }),
  ];
  const { state, versions, reports } = world;
  const modelServers = new ModelServerFleet(servers, silentLogger);
  return new ObserveModels({ state, versions, reports, modelServers, logger: silentLogger });
};
const inspecting = (): InspectWorkflow => {
  const { versions, reports } = world;
  const jobs = { operation: (id) => Promise.resolve(operationOf(id)) } as Partial<JobQueue> as JobQueue;
  return new InspectWorkflow({ versions, reports, gateways, jobs });
};
const { signal } = new AbortController();

describe('what workers have seen of models', () => {
  it('is told of every version that is there, on every model server', async () => {
    await world.scale('scale', 2);
    await world.update('second');
    await observing().look(signal);
    const { reports } = await inspecting().execute('w');
    const seen = (readyWorkers: number): object[] => [
      { server: 'one', state: 'ready', readyWorkers },
      { server: 'other', state: 'missing' },
    ];
    expect([...reports.keys()].sort()).toEqual([1, 2]);
    expect(reports.get(1)).toMatchObject({ operationId: 'first', nodes: { a: seen(2), b: seen(2) } });
    expect(reports.get(2)).toMatchObject({ operationId: 'second', nodes: { a: seen(1), b: seen(1) } });
  });

  it('says of a server that it is away, and asks that one for nothing more', async () => {
    other = () => Promise.reject(away);
    await observing().look(signal);
    const { reports } = await inspecting().execute('w');
    const unreachable = { server: 'other', state: 'unreachable' };
    expect(reports.get(1)?.nodes).toMatchObject({ a: [{ state: 'ready' }, unreachable], b: [{}, unreachable] });
    expect(asked).toEqual(['w__a']);
  });

  it('says of workers that are not all ready that they start', async () => {
    other = (name) => Promise.resolve({ name, readyWorkers: 0 } as Awaited<ReturnType<typeof other>>);
    await observing().lookAt('w');
    const { reports } = await inspecting().execute('w');
    expect(reports.get(1)?.nodes['a']?.[1]).toEqual({ server: 'other', state: 'starting', readyWorkers: 0 });
  });

  it('is looked at again only after a while, but for what was changed just now', async () => {
    const observed = observing();
    await observed.look(signal);
    await observed.look(signal);
    expect(asked).toEqual(['w__a', 'w__b']);
    await observed.lookAt('w');
    expect(asked).toHaveLength(4);
  });

  it('is not told of a workflow that had the name before', async () => {
    await observing().look(signal);
    await world.unregister('gone');
    await world.register('anew');
    expect((await inspecting().execute('w')).reports.size).toBe(0);
    await expect(inspecting().execute('x')).rejects.toMatchObject({ code: 'workflowNotFound' });
  });

  it('is told with the gateways, and with the operation that made the last version or changes it now', async () => {
    await gateways.announce('g2', 1);
    await gateways.announce('g1', 7);
    await world.update('second');
    const { gateways: serving, operation } = await inspecting().execute('w');
    expect(serving).toEqual([
      { gatewayId: 'g1', revision: 7 },
      { gatewayId: 'g2', revision: 1 },
    ]);
    expect(operation?.id).toBe('second');
    void world.scale('stuck', 2, (call, act) => (call === 'modelServer.scale' ? new Promise(() => undefined) : act()));
    await expect.poll(async () => (await inspecting().execute('w')).operation?.id).toBe('stuck');
  });
});
