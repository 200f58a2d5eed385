import { describe, expect, it } from 'vitest';
import { registrationSaga } from '../registration-saga.js';
import { unregistrationSaga } from '../unregistration-saga.js';
import { racePointsOf, stepNames, undoPointsOf } from './saga.js';
import { StepList, type Step } from './step.js';

describe('the list of a saga', () => {
  it.each([
    [
      'registration',
      registrationSaga,
      [
        'fetch-archive',
        'read-archive',
        'fetch-models',
        'reserve-name',
        'register-nodes',
        'probe',
        'commit',
        'await-gateways',
      ],
    ],
    ['unregistration', unregistrationSaga, ['begin-removal', 'withdraw', 'remove-models']],
  ])('says the steps that operations show of a %s', (_, saga, names) => {
    expect(stepNames(saga)).toEqual(names);
  });

  it.each([
    ['registration', registrationSaga],
    ['unregistration', unregistrationSaga],
  ])('says in words, each its own, what the steps of a %s do', (_, { toHold, whileHeld }) => {
    const titles = [...toHold.steps, ...whileHeld.steps].map(({ title }) => title);
    expect(titles.every((title) => /^[A-Z].*\w$/.test(title))).toBe(true);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('has a race point after every step, and those inside a step before it', () => {
    expect(racePointsOf(registrationSaga)).toEqual(stepNames(registrationSaga).map((name) => `after-${name}`));
    expect(racePointsOf(unregistrationSaga)).toEqual([
      ...['after-begin-removal', 'after-withdraw', 'models-removed', 'after-remove-models'],
    ]);
  });

  it('has race points of the undoing, in reverse, where there is something to undo', () => {
    expect(undoPointsOf(registrationSaga)).toEqual([
      ...['undo-begun', 'after-undo-of-register-nodes', 'after-undo-of-reserve-name'],
    ]);
    expect(undoPointsOf(unregistrationSaga)).toEqual([]);
  });

  it('takes no step that needs what no step before it produces', () => {
    const needy: Step<unknown, { readonly digest: string }, object, unknown> = {
      ...{ name: 'needy', title: 'Needs' },
      run: () => Promise.resolve({}),
    };
    const fetching: Step<unknown, object, { readonly digest: string }, unknown> = {
      ...{ name: 'fetching', title: 'Fetches' },
      run: () => Promise.resolve({ digest: 'd' }),
    };
    const empty = StepList.from<unknown, unknown, { readonly url: string }>();
    expect(empty.then(fetching).then(needy).steps).toEqual([fetching, needy]);
    // @ts-expect-error: nothing has produced a digest.
    expect(empty.then(needy).steps).toEqual([needy]);
  });
});
