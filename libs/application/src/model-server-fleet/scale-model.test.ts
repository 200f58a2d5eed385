import { TorchweaveError } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelDescription, ModelRepository } from '../ports/model-repository.js';
import type { ManagedModelServer } from '../ports/model-server.js';
import { awaitReadyWorkers, scaleModel } from './scale-model.js';

const endpoint = 'http://model-server';
const away = new TorchweaveError('modelServerUnreachable', { endpoint, reason: 'connection refused' });
const full = new TorchweaveError('modelServerFull', { endpoint, message: 'There is no room.' });
const workers = { minWorkers: 2, maxWorkers: 4 };
const { signal } = new AbortController();

/** A model server with one model, whose workers are ready when `readyWorkers` says so. */
class OneModel {
  readonly scaled: object[] = [];
  readyWorkers = 1;
  isLost = false;
  failure: TorchweaveError | undefined;

  readonly server = {
    ...{ endpoint, name: 'one' },
    repository: {
      describe: () => this.answer(this.isLost ? undefined : ({ readyWorkers: this.readyWorkers } as ModelDescription)),
      scale: (_, numbers) => this.answer(void this.scaled.push(numbers)),
    } as Partial<ModelRepository>,
  } as ManagedModelServer;

  private answer<T>(value: T): Promise<T> {
    return this.failure === undefined ? Promise.resolve(value) : Promise.reject(this.failure);
  }
}

let one: OneModel;
let other: OneModel;
beforeEach(() => {
  [one, other] = [new OneModel(), new OneModel()];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const scale = (): Promise<boolean> => scaleModel([one.server, other.server], 'm', workers, signal);

describe('scaling a model on all model servers', () => {
  it('asks each of them', async () => {
    expect(await scale()).toBe(true);
    expect([one.scaled, other.scaled]).toEqual([[workers], [workers]]);
  });

  it('goes without one that is away, and without one that has lost the model: it says so', async () => {
    other.failure = away;
    expect(await scale()).toBe(false);
    [one.isLost, other.failure] = [true, undefined];
    expect(await scale()).toBe(false);
    expect([one.scaled.length, other.scaled.length]).toEqual([1, 1]);
  });

  it('fails when one refuses, also where another is away', async () => {
    [one.failure, other.failure] = [away, full];
    await expect(scale()).rejects.toBe(full);
  });

  it('fails when none is up, with the name of the server, when none has the model, and when there is none', async () => {
    [one.failure, other.failure] = [away, away];
    await expect(scale()).rejects.toMatchObject({ code: 'modelServerUnreachable', data: { server: 'one' } });
    [one.isLost, one.failure, other.isLost, other.failure] = [true, undefined, true, undefined];
    await expect(scale()).rejects.toMatchObject({ code: 'modelMissing' });
    await expect(scaleModel([], 'm', workers, signal)).rejects.toMatchObject({ code: 'noModelServer' });
  });
});

describe('waiting for workers', () => {
  const wait = (minWorkers: number): Promise<void> =>
    awaitReadyWorkers([one.server, other.server], 'm', minWorkers, signal);

  it('ends when as many as there are to be are ready on each model server, one at least', async () => {
    let isReady = false;
    const waiting = wait(2).then(() => (isReady = true));
    one.readyWorkers = 2;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(isReady).toBe(false);
    other.readyWorkers = 2;
    await vi.advanceTimersByTimeAsync(1_000);
    await waiting;
    [one.readyWorkers, other.readyWorkers] = [1, 1];
    await wait(0);
  });

  it('does not wait for one that is away or has lost the model', async () => {
    [one.failure, other.isLost] = [away, true];
    await wait(2);
  });

  it('fails where they are not ready in time', async () => {
    const failed = expect(wait(2)).rejects.toMatchObject({
      code: 'modelServerRefused',
      message: '1 of 2 workers of model m are ready after 30000 ms.',
    });
    await vi.advanceTimersByTimeAsync(31_000);
    await failed;
  });
});
