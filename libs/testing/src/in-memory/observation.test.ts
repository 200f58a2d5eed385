import {
  Observation,
  type LiveReport,
  type SeenModel,
  type TableQuery,
  type VersionReport,
} from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { InMemoryGatewayRegistry } from './gateway-registry.js';
import { InMemoryJobQueue } from './job-queue.js';
import { InMemoryLiveHistory } from './live-history.js';
import { InMemoryLiveReports } from './live-reports.js';
import { SagaWorld } from './saga-world.js';
import { InMemoryStateProbe } from './state-probe.js';

const away = new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 });
const all: TableQuery = { sort: 'name', isDescending: false, offset: 0, limit: 10 };

let world: SagaWorld;
let gateways: InMemoryGatewayRegistry;
let jobs: InMemoryJobQueue;
let observation: Observation;
let probe: InMemoryStateProbe;
let live: InMemoryLiveReports;
let history: InMemoryLiveHistory;

const report = (a: VersionReport['nodes'][string]): VersionReport => ({
  operationId: 'first',
  nodes: { a, b: [{ server: 'one', state: 'ready', readyWorkers: 1 }] },
});
const seen = (a: VersionReport['nodes'][string]): Promise<void> =>
  world.reports.write({ workflow: 'w', version: 1 }, report(a));

function observe(): void {
  const { state, versions, reports } = world;
  observation = new Observation({ state, versions, reports, live, history, gateways, jobs, probe });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  [world, gateways, jobs] = [new SagaWorld(), new InMemoryGatewayRegistry(), new InMemoryJobQueue()];
  [probe, live, history] = [new InMemoryStateProbe(), new InMemoryLiveReports(), new InMemoryLiveHistory()];
  observe();
  await world.register('first');
  await gateways.announce('g1', 100);
  return () => vi.useRealTimers();
});

describe('a workflow', () => {
  it('serves where its gateways have followed and its models are ready', async () => {
    await seen([{ server: 'one', state: 'ready', readyWorkers: 1 }]);
    const { rows } = await observation.workflows(all);
    expect(rows).toMatchObject([{ name: 'w', version: 1, health: { state: 'serving' } }]);
    expect(await observation.workflow('w')).toMatchObject({
      ...{ name: 'w', version: 1, health: { state: 'serving' } },
      nodes: [{ node: { name: 'a' }, health: { state: 'serving' }, places: [{ model: { server: 'one' } }] }, {}],
      versions: [{ version: 1, kept: 'active', weight: 100, gateways: 1, health: { state: 'serving' } }],
    });
  });

  it('is unknown where no worker has told of its models, or not for a while', async () => {
    expect(await observation.workflows(all)).toMatchObject({ rows: [{ health: { state: 'unknown' }, node: 'a' }] });
    vi.advanceTimersByTime(1_001);
    await seen([{ server: 'one', state: 'ready', readyWorkers: 1 }]);
    expect(await observation.workflows(all)).toMatchObject({ rows: [{ health: { state: 'serving' } }] });
    vi.advanceTimersByTime(180_001);
    await gateways.announce('g1', 100);
    const { rows } = await observation.workflows(all);
    expect(rows).toMatchObject([
      { health: { state: 'unknown', remedy: expect.stringMatching(/worker runs/) as string } },
    ]);
  });

  const ready: SeenModel = { server: 'two', state: 'ready', readyWorkers: 1 };
  const cases: readonly (readonly [seen: readonly SeenModel[], state: string, reason: string])[] = [
    [[{ server: 'one', state: 'unreachable' }], 'not serving', 'a: one does not answer.'],
    [[ready, { server: 'one', state: 'unreachable' }], 'degraded', 'a: one does not answer.'],
    [[{ server: 'one', state: 'missing', readyWorkers: 0 }], 'not serving', 'a: one has lost the model.'],
    [[{ server: 'one', state: 'starting', readyWorkers: 1 }], 'degraded', 'a: one has too few workers ready.'],
  ];
  it.each(cases)('with its model seen as %j is %s', async (models, state, reason) => {
    await seen(models);
    const { attention } = await observation.overview([]);
    const told = attention.find(({ title }) => title === 'w');
    expect(told).toMatchObject({ href: 'workflows/w/nodes/a', health: { state, reason } });
  });

  it('is not served without a gateway, and is prepared where none has followed', async () => {
    await seen([{ server: 'one', state: 'ready', readyWorkers: 1 }]);
    await gateways.leave('g1');
    expect(await observation.workflows(all)).toMatchObject({ rows: [{ health: { state: 'not serving' } }] });
    vi.advanceTimersByTime(1_001);
    await gateways.announce('g1', 0);
    expect(await observation.workflows(all)).toMatchObject({ rows: [{ health: { state: 'preparing' } }] });
    await gateways.announce('g2', 100);
    vi.advanceTimersByTime(1_001);
    expect(await observation.workflows(all)).toMatchObject({
      rows: [{ health: { state: 'degraded', reason: '1 of 2 gateways have not followed its last change.' } }],
    });
  });

  it('that is gone is told no more, and one that nobody knows is an error', async () => {
    expect((await observation.workflows(all)).total).toBe(1);
    await world.unregister('gone');
    vi.advanceTimersByTime(1_001);
    expect((await observation.workflows(all)).total).toBe(0);
    await expect(observation.workflow('x')).rejects.toMatchObject({ code: 'workflowNotFound' });
  });
});

/** A report of ten seconds in which `a` was run ten times, in 1 to 10 ms each but the failed ones, which took longer. */
const reportOf = (failed: number, version = 1): LiveReport => {
  const counted = { requests: 10, failed, buckets: [10 - failed, failed, 0] };
  const lastFault = {
    at: '2026-01-01T00:00:00Z',
    errorCode: 'nodeFailed',
    message: 'it broke',
    requestId: 'r',
  } as const;
  const failing = failed === 0 ? {} : { failingSince: '2026-01-01T00:00:00Z', lastFault };
  return {
    ...{ version: '1.0.0', startedAt: '2026-01-01T00:00:00Z', windowMs: 10_000, boundsMs: [10, 100], left: 0 },
    workflows: [
      {
        ...{ workflow: 'w', total: counted, versions: { [version]: counted }, processes: 2 },
        nodes: { a: { ...counted, retries: 1, waiting: 1, running: 2, ...failing } },
      },
    ],
  };
};

describe('what goes on in a workflow', () => {
  beforeEach(async () => {
    await seen([{ server: 'one', state: 'ready', readyWorkers: 1 }]);
    await gateways.announce('g2', 100);
  });

  it('is put together from all gateways', async () => {
    await live.write('g1', reportOf(0));
    await live.write('g2', reportOf(0));
    const { rows } = await observation.workflows({ ...all, sort: 'rps' });
    const told = { requestsPerSecond: 2, errorRate: 0, p50Ms: 5, p99Ms: 9.9 };
    expect(rows).toMatchObject([{ live: told, health: { state: 'serving' } }]);
    expect(await observation.workflow('w')).toMatchObject({
      ...{ live: told, processes: 4, versions: [{ live: told }] },
      nodes: [{ live: { ...told, waiting: 2, running: 4, retries: 2 } }, { live: { requestsPerSecond: 0 } }],
    });
  });

  it.each([
    [1, 'degraded', 'a: 5 % of its attempts fail. The last: it broke'],
    [10, 'not serving', 'a: 50 % of its attempts fail. The last: it broke'],
  ])('makes it fail where %i of twenty attempts at a node do: it is %s', async (failed, state, reason) => {
    await live.write('g1', reportOf(failed));
    await live.write('g2', reportOf(0));
    const health = { state, reason, since: '2026-01-01T00:00:00Z' };
    expect((await observation.overview([])).attention).toMatchObject([{ href: 'workflows/w/nodes/a', health }]);
    expect(await observation.workflow('w')).toMatchObject({
      nodes: [{ health: { state }, live: { lastFault: { requestId: 'r' } } }, { health: { state: 'serving' } }],
    });
  });

  it('is nothing where every gateway says so, and unknown where one does not', async () => {
    const idle = { ...reportOf(0), workflows: [] };
    await live.write('g1', idle);
    const first = await observation.overview([]);
    expect(first.parts.filter(({ kind }) => kind === 'gateway')).toMatchObject([
      { id: 'g1', version: '1.0.0', health: { state: 'serving' } },
      { id: 'g2', health: { state: 'unknown' } },
    ]);
    expect((await observation.workflows(all)).rows).toMatchObject([{ live: { isUnknown: true } }]);
    await live.write('g2', idle);
    vi.advanceTimersByTime(1_001);
    expect((await observation.workflows(all)).rows[0]?.live).toEqual({ requestsPerSecond: 0, errorRate: 0 });
    vi.advanceTimersByTime(15_001);
    for (const id of ['g1', 'g2']) await gateways.announce(id, 100);
    expect((await observation.workflows(all)).rows).toMatchObject([{ live: { isUnknown: true } }]);
  });
});

describe('what is looked at', () => {
  it('is read once for all who look in the same second, and not while nobody does', async () => {
    const summary = vi.spyOn(world.state, 'summary');
    const changes = vi.spyOn(world.state, 'changesSince');
    await Promise.all([observation.workflows(all), observation.overview([]), observation.workflows(all)]);
    expect(summary).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(60_000);
    expect(summary).toHaveBeenCalledTimes(1);
    await observation.workflows(all);
    expect(summary).toHaveBeenCalledTimes(2);
    // Nothing has changed: no document is read again.
    expect(changes).toHaveBeenCalledTimes(1);
  });

  it('is unknown while the state is away, which is said', async () => {
    vi.spyOn(world.state, 'summary').mockRejectedValue(away);
    vi.spyOn(jobs, 'recent').mockRejectedValue(away);
    vi.spyOn(probe, 'facts').mockRejectedValue(away);
    const overview = await observation.overview([]);
    expect(overview).toMatchObject({
      parts: [{ kind: 'redis', health: { state: 'not serving' } }],
      attention: [{ title: 'redis redis', href: 'fleet/redis' }],
      operations: { recent: [] },
    });
    await expect(observation.workflows(all)).rejects.toMatchObject({ code: 'stateUnavailable' });
  });

  it.each([
    [{ evictionPolicy: 'allkeys-lru' }, 'degraded', /maxmemory-policy is allkeys-lru/],
    [{ limitBytes: 100, usedBytes: 95 }, 'degraded', /95 % of its maxmemory/],
    [{ role: 'slave' }, 'degraded', /it takes no writes/],
    [{ hasWriteFailure: true }, 'degraded', /write to its disk/],
    [{ latencyMs: 900 }, 'degraded', /900 ms to answer/],
    [{ isPersistent: false }, 'degraded', /append-only file/],
  ])('says of a state with %j that it is %s', async (facts, state, reason) => {
    probe = new InMemoryStateProbe(facts);
    observe();
    const { parts } = await observation.overview([]);
    expect(parts[0]).toMatchObject({
      kind: 'redis',
      health: { state, reason: expect.stringMatching(reason) as string },
    });
  });
});

describe('the table of workflows', () => {
  it('is searched, narrowed to a state, ordered, and cut into pages', async () => {
    await seen([{ server: 'one', state: 'ready', readyWorkers: 1 }]);
    const matched = async (query: Partial<TableQuery>): Promise<number> =>
      (await observation.workflows({ ...all, ...query })).matched;
    expect(await matched({ search: 'W' })).toBe(1);
    expect(await matched({ search: 'x' })).toBe(0);
    expect(await matched({ state: 'serving' })).toBe(1);
    expect(await matched({ state: 'degraded' })).toBe(0);
    expect(await observation.workflows({ ...all, offset: 1 })).toEqual({ total: 1, matched: 1, rows: [] });
  });
});

describe('operations', () => {
  it('are told by workflow and state, the newest first', async () => {
    const worker = jobs.createWorker({
      'unregister-workflow': ({ workflow }: { workflow: string }, job: { concerns: (name: string) => void }) => {
        job.concerns(workflow);
        return workflow === 'bad'
          ? Promise.reject(new TorchweaveError('workflowNotFound', { workflow }))
          : Promise.resolve({ workflow });
      },
      'reconcile-model-servers': () => Promise.resolve({ registered: 0, removed: 0 }),
    } as never);
    await worker.start();
    for (const workflow of ['good', 'bad']) {
      await jobs.enqueue('unregister-workflow', { workflow }, workflow);
      await jobs.waitForEnd('unregister-workflow', workflow, 5_000).catch(() => undefined);
    }
    await worker.close();
    const ids = async (query: object): Promise<unknown[]> =>
      (await observation.operations({ offset: 0, limit: 10, ...query })).rows.map(({ id }) => id);
    expect(new Set(await ids({}))).toEqual(new Set(['good', 'bad']));
    expect(await ids({ state: 'failed' })).toEqual(['bad']);
    expect(await ids({ workflow: 'good' })).toEqual(['good']);
    expect(await ids({ workflow: 'other' })).toEqual([]);
    expect((await observation.overview([])).operations).toMatchObject({ waiting: 0, running: 0, failedLastDay: 1 });
  });
});
