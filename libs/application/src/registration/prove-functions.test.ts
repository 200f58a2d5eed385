import { TorchweaveError, type ErrorRecord } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry, PreparationOutcome } from '../ports/gateway-registry.js';
import { silentLogger } from '../ports/logger.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import { proveFunctions } from './prove-functions.js';

const definition = functionsOnly('w');
const run = { operationId: 'op', token: '1' };

const loadFailed: ErrorRecord = new TorchweaveError('functionLoadFailed', {
  functionName: 'f',
  file: 'h.py',
  reason: 'no module named x',
}).toRecord();
const storeFull: ErrorRecord = new TorchweaveError('archiveStoreFull', {}).toRecord();

/** A worker's runtime that loads when it is told to, and gateways that answer when they are told to. */
class World {
  readonly loaded: string[] = [];
  readonly unloaded: string[] = [];
  loadHere: () => void = () => undefined;
  answer: (outcomes: PreparationOutcome[]) => void = () => undefined;

  prove(): Promise<void> {
    const functions: Pick<FunctionRuntime, 'load' | 'unload'> = {
      load: ({ id }) => {
        this.loaded.push(id);
        return new Promise((resolve) => (this.loadHere = resolve));
      },
      unload: (id) => Promise.resolve(void this.unloaded.push(id)),
    };
    const gateways: Pick<GatewayRegistry, 'prepare'> = {
      prepare: (_, signal) =>
        new Promise((resolve, reject) => {
          this.answer = resolve;
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    };
    const ports = { functions: functions as FunctionRuntime, gateways: gateways as GatewayRegistry };
    return proveFunctions({ ...ports, logger: silentLogger }, { run, definition, directory: '/x' });
  }
}

const tick = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('proveFunctions', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('leaves the proof to the gateways when all of them have prepared', async () => {
    const world = new World();
    const proved = world.prove();
    world.answer([{ gatewayId: 'a' }, { gatewayId: 'b' }]);
    await proved;
    expect(world.loaded).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses what one gateway of two cannot load, in the words of that gateway', async () => {
    const world = new World();
    const proved = world.prove();
    world.answer([{ gatewayId: 'a' }, { gatewayId: 'b', failure: loadFailed }]);
    await expect(proved).rejects.toMatchObject({ code: 'functionLoadFailed', data: { reason: 'no module named x' } });
  });

  it('refuses what one gateway has no file left for: it could not serve it after the commit either', async () => {
    const world = new World();
    const proved = world.prove();
    const failure = new TorchweaveError('openFilesExhausted', { retryAfterSeconds: 1 }).toRecord();
    world.answer([{ gatewayId: 'a' }, { gatewayId: 'b', failure }]);
    await expect(proved).rejects.toMatchObject({ code: 'openFilesExhausted' });
  });

  it.each([
    { where: 'no gateway lives', outcomes: [] },
    { where: 'the only gateway has trouble of its own', outcomes: [{ gatewayId: 'a', failure: storeFull }] },
  ])('loads the functions once in the worker where $where', async ({ outcomes }) => {
    const world = new World();
    const proved = world.prove();
    world.answer(outcomes);
    await tick();
    expect(world.loaded).toEqual(['w@1.proof-op-1']);
    world.loadHere();
    await proved;
    expect(world.unloaded).toEqual(['w@1.proof-op-1']);
  });

  it('does not wait for a gateway that never answers', async () => {
    const world = new World();
    const proved = world.prove();
    await vi.advanceTimersByTimeAsync(999);
    expect(world.loaded).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    world.loadHere();
    await proved;
    expect(world.unloaded).toEqual(['w@1.proof-op-1']);
  });

  it('takes a late answer of the gateways for the proof, and ends what the worker loads meanwhile', async () => {
    const world = new World();
    const proved = world.prove();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.loaded).toEqual(['w@1.proof-op-1']);
    world.answer([{ gatewayId: 'a' }]);
    await proved;
    expect(world.unloaded).toEqual(['w@1.proof-op-1']);
  });

  it('goes by its own proof when late gateways cannot tell', async () => {
    const world = new World();
    const proved = world.prove();
    await vi.advanceTimersByTimeAsync(1_000);
    world.answer([{ gatewayId: 'a', failure: storeFull }]);
    await tick();
    expect(world.unloaded).toEqual([]);
    world.loadHere();
    await proved;
  });
});
