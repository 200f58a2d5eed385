import { modelNodes, TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { cancelledBy, SagaWorld, type OnCall } from './saga-world.js';

const refusal = new TorchweaveError('modelServerRefused', { endpoint: 'x', message: 'no' });
const badProbe = new TorchweaveError('probeFailed', { workflow: 'w', version: 2, reason: 'it is bad', status: 400 });
const away = new TorchweaveError('stateUnavailable', { reason: 'it is away', retryAfterSeconds: 1 });

/** One operation `op` on a workflow that is there, and what is served when it has ended. */
interface Scenario {
  readonly title: string;
  readonly begin: () => Promise<SagaWorld>;
  readonly run: (world: SagaWorld, onCall?: OnCall, job?: Parameters<SagaWorld['register']>[2]) => Promise<unknown>;
  readonly active: number;
  readonly beside: readonly number[];
  readonly failure?: string;
  /** Workers of the models of the active version. */
  readonly workers?: number;
}

const registered = async (): Promise<SagaWorld> => {
  const world = new SagaWorld();
  await world.register('first');
  return world;
};
const updated = async (): Promise<SagaWorld> => {
  const world = await registered();
  await world.update('second');
  return world;
};

const scenarios: readonly Scenario[] = [
  {
    title: 'an update',
    begin: registered,
    run: (world, ...how) => world.update('op', ...how),
    ...{ active: 2, beside: [1] },
  },
  {
    title: 'an update whose models are refused',
    begin: async () => Object.assign(await registered(), { refusal }),
    run: (world, ...how) => world.update('op', ...how),
    ...{ active: 1, beside: [], failure: 'registrationFailed' },
  },
  {
    title: 'an update whose probe is not answered well',
    begin: async () => Object.assign(await registered(), { badProbe }),
    run: (world, ...how) => world.update('op', ...how),
    ...{ active: 1, beside: [], failure: 'probeFailed' },
  },
  {
    title: 'an update that fails while it is watched',
    begin: async () => {
      const world = await registered();
      await world.versions.report('op', { total: 40, failed: 30 });
      return world;
    },
    run: (world, onCall, job) => world.update('op', onCall, job, 60_000),
    ...{ active: 1, beside: [], failure: 'updateRolledBack' },
  },
  {
    title: 'an update that is watched and does well',
    begin: registered,
    run: (world, onCall, job) => world.update('op', onCall, job, 1),
    ...{ active: 2, beside: [1] },
  },
  {
    title: 'a way back to a version that is kept',
    begin: updated,
    run: (world, ...how) => world.setDefault('op', 1, ...how),
    ...{ active: 1, beside: [2] },
  },
  {
    title: 'a way back to a version that was retired',
    begin: async () => {
      const world = await updated();
      await world.retire(1);
      return world;
    },
    run: (world, ...how) => world.setDefault('op', 1, ...how),
    ...{ active: 1, beside: [2] },
  },
  {
    title: 'the removal of a version',
    begin: updated,
    run: (world, ...how) => world.unregisterVersion('op', 1, ...how),
    ...{ active: 2, beside: [] },
  },
  {
    title: 'the unregistration of a workflow with versions',
    begin: updated,
    run: (world, ...how) => world.unregister('op', ...how),
    ...{ active: 0, beside: [] },
  },
  {
    title: 'a scaling',
    begin: updated,
    run: (world, onCall, job) => world.scale('op', 3, onCall, job),
    ...{ active: 2, beside: [1], workers: 3 },
  },
  {
    title: 'a scaling that the model server has no room for',
    begin: async () => {
      const world = await registered();
      await world.scale('first-scaling', 2);
      return Object.assign(world, { tooManyWorkers: 3 });
    },
    run: (world, onCall, job) => world.scale('op', 3, onCall, job),
    ...{ active: 1, beside: [], workers: 2, failure: 'scalingFailed' },
  },
  {
    title: 'an update of what was scaled',
    begin: async () => {
      const world = await registered();
      await world.scale('first-scaling', 2);
      return world;
    },
    run: (world, onCall, job) => world.update('op', onCall, job),
    ...{ active: 2, beside: [1], workers: 1 },
  },
];

const outcome = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (error: unknown) => (error instanceof TorchweaveError ? error.code : String(error)),
  );

const isOfPort = (call: string): boolean => /\w\.\w/.test(call);

async function callsOf({ begin, run }: Scenario): Promise<string[]> {
  const calls: string[] = [];
  await outcome(
    run(await begin(), (call, act) => {
      calls.push(call);
      return act();
    }),
  );
  return calls;
}

/** Does `disturb` at the call with that number, once. */
function at(index: number, disturb: OnCall): OnCall {
  let number = 0;
  return (call, act) => (number++ === index ? disturb(call, act) : act());
}

const modelsOf = (version: number): string[] =>
  ['w__a', 'w__b'].map((model) => (version === 1 ? model : `${model}.v${version}`));

/** What the workflow has before `op` begins. A version that was restored and is undone is known no more. */
async function asBefore(scenario: Scenario): Promise<Scenario> {
  const known = await (await scenario.begin()).versions.list('w');
  const versions = known?.beside.map(({ record }) => record.definition.version) ?? [];
  const [node] = known === undefined ? [] : modelNodes(known.active.definition);
  return {
    ...{ ...scenario, active: known?.active.definition.version ?? 0, beside: versions },
    workers: node?.minWorkers ?? 1,
  };
}

/** What is served is as it should be, nobody holds the workflow, and no model is too many or missing that reconcile does not know of. */
async function expectEnd(world: SagaWorld, scenario: Scenario, where: string): Promise<void> {
  const { active, beside, workers = 1 } = scenario;
  const known = await world.versions.list('w');
  expect(known?.active.definition.version ?? 0, where).toBe(active);
  expect(known?.updating, where).toBeUndefined();
  expect(known?.beside.map(({ record }) => record.definition.version) ?? [], where).toEqual(beside);
  expect((await world.versions.unfinished()).records, where).toEqual([]);
  const wanted = new Set((active === 0 ? [] : [active, ...beside]).flatMap(modelsOf));
  const noted = await world.noted();
  for (const model of new Set([...wanted, ...world.onServer])) {
    const isRight = wanted.has(model) === world.onServer.has(model) || noted.has(model);
    expect(isRight, `${model} ${where}`).toBe(true);
  }
  for (const { modelName, minWorkers } of known === undefined ? [] : modelNodes(known.active.definition)) {
    expect(minWorkers, `${modelName} ${where}`).toBe(workers);
    const held = noted.has(modelName) ? { minWorkers } : await world.describe(modelName);
    expect(held?.minWorkers, `${modelName} on the server ${where}`).toBe(minWorkers);
  }
}

describe.each(scenarios)('$title', (scenario) => {
  const { begin, run, failure = 'done' } = scenario;

  it('leaves what it should', async () => {
    const world = await begin();
    expect(await outcome(run(world))).toBe(failure);
    await expectEnd(world, scenario, 'at its end');
    expect([...(await world.noted())]).toEqual([]);
  });

  it.each(['before', 'after'])(
    'is brought to its end by another worker when its own dies %s any call',
    async (moment) => {
      for (const [index, call] of (await callsOf(scenario)).entries()) {
        const world = await begin();
        await new Promise<void>((resolve) => {
          const die = (): Promise<never> => {
            resolve();
            return new Promise(() => undefined);
          };
          void run(
            world,
            at(index, (_, act) => (moment === 'before' ? die() : act().then(die, die))),
          );
        });
        const where = `at call ${index}, ${call}`;
        expect(await outcome(run(world)), where).toBe(failure);
        await expectEnd(world, scenario, where);
      }
    },
  );

  it.each(['before', 'after'])(
    'is undone when it is cancelled %s any call, or goes to its end where that is too late',
    async (moment) => {
      const before = await asBefore(scenario);
      for (const [index, call] of (await callsOf(scenario)).entries()) {
        for (const isNotified of [true, false]) {
          const world = await begin();
          const cancellation = new AbortController();
          let isCancelled = false;
          const cancel = async (): Promise<void> => {
            isCancelled = (await world.state.cancel('op')) === 'cancelled';
            if (isCancelled && isNotified) cancellation.abort(cancelledBy('op'));
          };
          const onCall: OnCall = (_, act) => (moment === 'before' ? cancel().then(act) : act().finally(cancel));
          const { signal } = cancellation;
          const ended = await outcome(run(world, at(index, onCall), { signal }));
          const where = `at call ${index}, ${call}`;
          // What fails before it finds out has failed by itself.
          const cancelled = failure === 'done' ? ['operationCancelled'] : ['operationCancelled', failure];
          expect(isCancelled ? cancelled : [failure], where).toContain(ended);
          await expectEnd(world, isCancelled ? before : scenario, where);
        }
      }
    },
  );

  it.each(['before', 'after'])(
    'is undone by whoever takes it up when it is cancelled after its worker has died %s any call',
    async (moment) => {
      const before = await asBefore(scenario);
      for (const [index, call] of (await callsOf(scenario)).entries()) {
        const world = await begin();
        await new Promise<void>((resolve) => {
          const die = (): Promise<never> => {
            resolve();
            return new Promise(() => undefined);
          };
          void run(
            world,
            at(index, (_, act) => (moment === 'before' ? die() : act().then(die, die))),
          );
        });
        const isCancelled = (await world.state.cancel('op')) === 'cancelled';
        const where = `at call ${index}, ${call}`;
        const cancelled = failure === 'done' ? ['operationCancelled'] : ['operationCancelled', failure];
        expect(isCancelled ? cancelled : [failure], where).toContain(await outcome(run(world)));
        await expectEnd(world, isCancelled ? before : scenario, where);
      }
    },
  );

  it.each(['before', 'after'])(
    'goes on when it is tried again, where the state was away %s any call',
    async (moment) => {
      for (const [index, call] of (await callsOf(scenario)).entries()) {
        if (!/^(state|versions|scaling)\./.test(call)) continue;
        const world = await begin();
        const fail: OnCall = (_, act) =>
          moment === 'before' ? Promise.reject(away) : act().then(() => Promise.reject(away));
        await outcome(run(world, at(index, fail)));
        const where = `at call ${index}, ${call}`;
        expect(await outcome(run(world)), where).toBe(failure);
        await expectEnd(world, scenario, where);
      }
    },
  );
});

describe('an update', () => {
  const [update] = scenarios as [Scenario];

  it('whatever fails for good before the pointer moves, leaves what serves untouched', async () => {
    const calls = await callsOf(update);
    const moves = calls.indexOf('versions.activate');
    expect(moves).toBeGreaterThan(5);
    for (const [index, call] of calls.entries()) {
      if (!isOfPort(call) || index > moves) continue;
      const world = await update.begin();
      const broken = new TorchweaveError('internal', { reason: 'it is broken' });
      const ended = await outcome(
        update.run(
          world,
          at(index, () => Promise.reject(broken)),
        ),
      );
      expect(ended, call).not.toBe('done');
      await expectEnd(world, { ...update, active: 1, beside: [] }, `at call ${index}, ${call}`);
    }
  });

  it('that fails while it is watched names the version that serves again, whichever others are there', async () => {
    const world = await updated();
    await world.setDefault('back', 1);
    await world.versions.report('op', { total: 40, failed: 30 });
    await expect(world.update('op', undefined, undefined, 60_000)).rejects.toMatchObject({
      code: 'updateRolledBack',
      data: { version: 3, active: 1, failed: 30, total: 40 },
    });
  });

  it('is not judged by what became of an earlier one of its number', async () => {
    const world = await registered();
    await world.versions.report('bad', { total: 40, failed: 30 });
    expect(await outcome(world.update('bad', undefined, undefined, 60_000))).toBe('updateRolledBack');
    await world.unregister('gone');
    await world.register('anew');
    expect(await outcome(world.update('good', undefined, undefined, 1))).toBe('done');
    expect((await world.versions.list('w'))?.active.definition.version).toBe(2);
  });
});

describe('a way back to a version that another operation removes', () => {
  it('is refused as that', async () => {
    const world = await updated();
    const { run } = await world.state.takeUp('retire');
    await world.versions.beginRemoval({ workflow: 'w', version: 1 }, run, true);
    await expect(world.setDefault('op', 1)).rejects.toMatchObject({ code: 'versionLeaving' });
  });
});
