import { racePointsOf, registrationSaga, undoPointsOf, unregistrationSaga } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { cancelledBy, lost, models, SagaWorld, type OnCall } from './saga-world.js';

const refusal = new TorchweaveError('modelServerRefused', { endpoint: 'x', message: 'no' });
const away = new TorchweaveError('stateUnavailable', { reason: 'it is away', retryAfterSeconds: 1 });
const broken = new TorchweaveError('internal', { reason: 'it is broken' });

/** One operation `op`, and how it ends when all goes its way. */
interface Scenario {
  readonly title: string;
  readonly begin: () => Promise<SagaWorld>;
  readonly run: (world: SagaWorld, onCall?: OnCall, job?: Parameters<SagaWorld['register']>[2]) => Promise<unknown>;
  readonly isServed: boolean;
  readonly failure?: string;
}

const scenarios: readonly Scenario[] = [
  {
    title: 'a registration',
    begin: () => Promise.resolve(new SagaWorld()),
    run: (world, ...how) => world.register('op', ...how),
    isServed: true,
  },
  {
    title: 'a registration that is undone',
    begin: () => Promise.resolve(Object.assign(new SagaWorld(), { refusal })),
    run: (world, ...how) => world.register('op', ...how),
    isServed: false,
    failure: 'registrationFailed',
  },
  {
    title: 'an unregistration',
    begin: async () => {
      const world = new SagaWorld();
      await world.register('before');
      return world;
    },
    run: (world, ...how) => world.unregister('op', ...how),
    isServed: false,
  },
];

/** `done`, or the code of the error. */
const outcome = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'done',
    (error: unknown) => (error instanceof TorchweaveError ? error.code : String(error)),
  );

/** Every call of a port that the operation makes, in order. */
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

type Moment = 'before' | 'after';
const moments: readonly Moment[] = ['before', 'after'];

/** Does `disturb` at the call with that number, once. */
function at(index: number, disturb: OnCall): OnCall {
  let number = 0;
  return (call, act) => (number++ === index ? disturb(call, act) : act());
}

/** The call never comes back: its worker is dead. */
const dying = (moment: Moment, died: (act: () => Promise<unknown>) => void): OnCall => {
  const die = (act: () => Promise<unknown>): Promise<never> => {
    died(act);
    return new Promise(() => undefined);
  };
  return (_, act) => {
    const end = (): Promise<never> => die(act);
    return moment === 'before' ? end() : act().then(end, end);
  };
};

const standing =
  (moment: Moment, stand: () => Promise<void>): OnCall =>
  (_, act) =>
    moment === 'before' ? stand().then(act) : act().finally(stand);

const failing =
  (moment: Moment, error: Error): OnCall =>
  (_, act) =>
    moment === 'before' ? Promise.reject(error) : act().then(() => Promise.reject(error));

/** Runs `test` for every call; says at which one it has failed. */
async function atEveryCall(scenario: Scenario, test: (index: number, at: string) => Promise<void>): Promise<void> {
  const calls = await callsOf(scenario);
  expect(calls.length).toBeGreaterThan(8);
  for (const [index, call] of calls.entries()) await test(index, `at call ${index}, ${call}`);
}

/** The world is as the state says, or reconcile knows where it is not. */
async function expectConsistent(world: SagaWorld, isServed: boolean, where: string): Promise<void> {
  const record = await world.state.get('w');
  expect(record?.phase, where).toBe(isServed ? 'ready' : undefined);
  const noted = await world.noted();
  for (const model of models) {
    const isRight = world.onServer.has(model) === isServed || noted.has(model);
    expect(isRight, `${model} ${where}`).toBe(true);
  }
}

describe.each(scenarios)('$title', (scenario) => {
  const { begin, run, isServed, failure = 'done' } = scenario;

  it('leaves what it should, and nothing to look after', async () => {
    const world = await begin();
    expect(await outcome(run(world))).toBe(failure);
    expect((await world.state.get('w'))?.phase).toBe(isServed ? 'ready' : undefined);
    expect([...world.onServer].sort()).toEqual(isServed ? models : []);
    expect([...(await world.noted())]).toEqual([]);
  });

  it.each(moments)('is brought to its end by another worker when its own dies %s any call', async (moment) => {
    await atEveryCall(scenario, async (index, where) => {
      const world = await begin();
      await new Promise<unknown>((resolve) => void outcome(run(world, at(index, dying(moment, resolve)))));
      expect(await outcome(run(world)), where).toBe(failure);
      await expectConsistent(world, isServed, where);
    });
  });

  it('leaves to reconcile what comes to a model server when its worker is dead and another has ended it', async () => {
    await atEveryCall(scenario, async (index, where) => {
      if (!where.includes('modelServer.')) return;
      const world = await begin();
      const late = await new Promise<{ come: () => Promise<unknown> }>((resolve) => {
        const die = dying('before', (act) => resolve({ come: act }));
        void outcome(run(world, at(index, die)));
      });
      expect(await outcome(run(world)), where).toBe(failure);
      await outcome(late.come());
      await expectConsistent(world, isServed, where);
    });
  });

  it.each(moments)(
    'is undone when it is cancelled %s any call, or goes to its end where that is too late',
    async (moment) => {
      await atEveryCall(scenario, async (index, where) => {
        for (const isNotified of [true, false]) {
          const world = await begin();
          const before = (await world.state.get('w')) !== undefined;
          const cancellation = new AbortController();
          let answer = '';
          const cancel = async (): Promise<void> => {
            answer = await world.state.cancel('op');
            if (answer === 'cancelled' && isNotified) cancellation.abort(cancelledBy('op'));
          };
          const { signal } = cancellation;
          const ended = await outcome(run(world, at(index, standing(moment, cancel)), { signal }));
          const isCancelled = answer === 'cancelled';
          // What fails before it finds out has failed by itself.
          const cancelled = failure === 'done' ? ['operationCancelled'] : ['operationCancelled', failure];
          expect(isCancelled ? cancelled : [failure], where).toContain(ended);
          await expectConsistent(world, isCancelled ? before : isServed, where);
        }
      });
    },
  );

  it.each(moments)(
    'is undone by whoever takes it up when it is cancelled after its worker has died %s any call',
    async (moment) => {
      await atEveryCall(scenario, async (index, where) => {
        const world = await begin();
        const before = (await world.state.get('w')) !== undefined;
        await new Promise<unknown>((resolve) => void outcome(run(world, at(index, dying(moment, resolve)))));
        const isCancelled = (await world.state.cancel('op')) === 'cancelled';
        const cancelled = failure === 'done' ? ['operationCancelled'] : ['operationCancelled', failure];
        expect(isCancelled ? cancelled : [failure], where).toContain(await outcome(run(world)));
        await expectConsistent(world, isCancelled ? before : isServed, where);
      });
    },
  );

  it.each(moments)('acts no more when it stands still %s any call until another one has ended it', async (moment) => {
    await atEveryCall(scenario, async (index, where) => {
      const world = await begin();
      let isEnded = false;
      const stand = async (): Promise<void> => {
        expect(await outcome(run(world)), where).toBe(failure);
        // The name may be another workflow's by now.
        world.refusal = undefined;
        if (!isServed) expect(await outcome(world.register('anew')), where).toBe('done');
        await world.settle();
        isEnded = true;
      };
      const acts: string[] = [];
      const disturbed = at(index, standing(moment, stand));
      const ended = run(world, (call, act) => {
        if (isEnded && call.startsWith('modelServer.')) acts.push(call);
        return disturbed(call, act);
      });
      // Where nothing was to be done any more, or nothing had been begun, it ends as the other one has.
      expect(['operationAbandoned', failure], where).toContain(await outcome(ended));
      // Only right after it has asked whether it still may can a run not know better.
      if (moment === 'before' || !where.includes('state.holds')) expect(acts, where).toEqual([]);
      await expectConsistent(world, true, where);
    });
  });

  it('begins no further step when its lock is lost at any call', async () => {
    await atEveryCall(scenario, async (index, where) => {
      const world = await begin();
      let isLost = false;
      let begunSince = 0;
      const job = {
        step: <T>(_: string, act: () => Promise<T>): Promise<T> => {
          if (isLost) return Promise.reject(lost('op'));
          return act();
        },
      };
      const lose: OnCall = (_, act) => {
        isLost = true;
        begunSince += 1;
        return act();
      };
      const ended = await outcome(run(world, at(index, lose), job));
      expect(begunSince, where).toBe(1);
      expect(['operationAbandoned', failure], where).toContain(ended);
      expect(await outcome(run(world)), where).toBe(failure);
      await expectConsistent(world, isServed, where);
    });
  });

  it.each(moments)('goes on when it is tried again, where the state was away %s any call', async (moment) => {
    await atEveryCall(scenario, async (index, where) => {
      if (!where.includes('state.')) return;
      const world = await begin();
      await outcome(run(world, at(index, failing(moment, away))));
      expect(await outcome(run(world)), where).toBe(failure);
      await expectConsistent(world, isServed, where);
    });
  });
});

describe('a registration', () => {
  const [going, undone] = scenarios as [Scenario, Scenario];

  it('whatever fails for good, is undone at once as long as it is not committed', async () => {
    await atEveryCall(going, async (index, where) => {
      if (!/\w\.\w/.test(where)) return;
      const world = await going.begin();
      const ended = await outcome(
        going.run(
          world,
          at(index, () => Promise.reject(broken)),
        ),
      );
      expect(['internal', 'registrationFailed'], where).toContain(ended);
      await expectConsistent(world, where.includes('gateways.waitFor'), where);
    });
  });

  it('that cannot be undone is undone by whoever takes it up, and fails as it would have', async () => {
    await atEveryCall(undone, async (index, where) => {
      if (!where.includes('state.')) return;
      const world = await undone.begin();
      await outcome(
        undone.run(
          world,
          at(index, () => Promise.reject(broken)),
        ),
      );
      const again = await outcome(undone.run(world));
      expect(['internal', 'registrationFailed'], where).toContain(again);
      await expectConsistent(world, false, where);
    });
  });

  it('leaves the models on a server that is away to reconcile when it is undone, and the name free', async () => {
    const world = await undone.begin();
    world.isAway = true;
    expect(await outcome(undone.run(world))).toBe('registrationFailed');
    expect(await world.state.get('w')).toBeUndefined();
    expect([...(await world.state.orphans())].sort()).toEqual(models);
  });
});

describe('the race points of a saga', () => {
  it.each([
    ['a registration', scenarios[0], racePointsOf(registrationSaga)],
    ['an unregistration', scenarios[2], racePointsOf(unregistrationSaga)],
  ])('are those that %s passes, in order', async (_, scenario, points) => {
    const calls = scenario === undefined ? [] : await callsOf(scenario);
    expect(calls.filter((call) => !/\w\.\w/.test(call))).toEqual(points);
  });

  it('are those that an undoing passes, in order', async () => {
    const calls = scenarios[1] === undefined ? [] : await callsOf(scenarios[1]);
    expect(calls.filter((call) => !/\w\.\w/.test(call)).slice(-3)).toEqual(undoPointsOf(registrationSaga));
  });
});
