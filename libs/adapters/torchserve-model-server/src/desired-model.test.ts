import type { ModelRegistration } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

import { isSameModel, newModelOf, workersOf } from './desired-model.js';

const model: ModelRegistration = {
  name: 'chain__pre',
  url: 'upper.mar',
  minWorkers: 1,
  maxWorkers: 2,
  batchSize: 4,
  maxBatchDelay: 10,
  responseTimeoutMs: 10_001,
};
const held = { ...newModelOf(model), version: '1.0', minWorkers: 1, maxWorkers: 2, readyWorkers: 1 };

describe('newModelOf', () => {
  it('gives TorchServe whole seconds, two more than the deadline of the node', () => {
    expect(newModelOf(model).responseTimeout).toBe(13);
    expect(newModelOf({ ...model, responseTimeoutMs: 500 }).responseTimeout).toBe(3);
  });

  it('starts the minimum of workers, and one at least', () => {
    expect(newModelOf({ ...model, minWorkers: 3 }).initialWorkers).toBe(3);
    expect(newModelOf({ ...model, minWorkers: 0 }).initialWorkers).toBe(1);
  });
});

describe('workersOf', () => {
  it.each([
    [0, 0, 1, 1],
    [0, 4, 1, 4],
    [3, 1, 3, 3],
    [2, 5, 2, 5],
  ])('makes of %i to %i workers %i to %i', (minWorkers, maxWorkers, least, most) => {
    expect(workersOf({ minWorkers, maxWorkers })).toEqual({ minWorkers: least, maxWorkers: most });
  });
});

describe('isSameModel', () => {
  it('takes a model with the same configuration, whatever its workers', () => {
    expect(isSameModel({ ...held, minWorkers: 7, readyWorkers: 0 }, model)).toBe(true);
  });

  it.each([{ url: 'rev.mar' }, { batchSize: 1 }, { maxBatchDelay: 11 }, { responseTimeoutMs: 30_000 }])(
    'refuses a model that differs in %j',
    (difference) => {
      expect(isSameModel(held, { ...model, ...difference })).toBe(false);
    },
  );
});
