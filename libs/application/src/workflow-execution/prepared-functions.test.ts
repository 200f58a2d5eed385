import { TorchweaveError } from '@torchweave/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry, PreparationListener, PreparationOutcome } from '../ports/gateway-registry.js';
import { silentLogger } from '../ports/logger.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import { PreparedFunctions } from './prepared-functions.js';

const definition = functionsOnly('w');

/** A runtime that counts loads, and workers that note the answers. */
class World {
  readonly loads: string[] = [];
  readonly loaded = new Set<string>();
  readonly answers: (PreparationOutcome & { readonly operationId: string })[] = [];
  unloadable = false;
  private listener: PreparationListener | undefined;

  readonly prepared: PreparedFunctions;

  constructor() {
    const archives: Pick<ArchiveStore, 'open'> = {
      open: (digest) => Promise.resolve({ digest, directory: '/x', readText: () => Promise.resolve(undefined) }),
    };
    const functions: Pick<FunctionRuntime, 'load' | 'unload'> = {
      load: ({ id }) => {
        this.loads.push(id);
        if (this.unloadable) {
          const data = { functionName: 'f', file: 'h.py', reason: 'no' };
          return Promise.reject(new TorchweaveError('functionLoadFailed', data));
        }
        return Promise.resolve(void this.loaded.add(id));
      },
      unload: (id) => Promise.resolve(void this.loaded.delete(id)),
    };
    const gateways: Pick<GatewayRegistry, 'onPreparation' | 'answerPreparation'> = {
      onPreparation: (listener) => {
        this.listener = listener;
        return Promise.resolve(() => (this.listener = undefined));
      },
      answerPreparation: (operationId, outcome) => Promise.resolve(void this.answers.push({ operationId, ...outcome })),
    };
    this.prepared = new PreparedFunctions('gateway', {
      archives: archives as ArchiveStore,
      functions: functions as FunctionRuntime,
      gateways: gateways as GatewayRegistry,
      logger: silentLogger,
    });
  }

  async ask(operationId: string): Promise<void> {
    this.listener?.prepare({ operationId, definition });
    await vi.waitFor(() => expect(this.answers.at(-1)?.operationId).toBe(operationId));
  }

  discard(operationId: string): void {
    this.listener?.discard(operationId);
  }
}

describe('PreparedFunctions', () => {
  let world: World;
  beforeEach(async () => {
    vi.useFakeTimers();
    world = new World();
    await world.prepared.start();
  });
  afterEach(() => void vi.useRealTimers());

  it('loads for a registration under way, and again not for its commit', async () => {
    await world.ask('op');
    expect(world.answers).toEqual([{ operationId: 'op', gatewayId: 'gateway' }]);
    expect(await world.prepared.take(definition, 'op')).toBe('w@1.op');
    expect(world.loads).toEqual(['w@1.op']);
    world.prepared.stop();
    expect([...world.loaded]).toEqual(['w@1.op']);
  });

  it('loads at the commit what nobody has asked it to prepare', async () => {
    expect(await world.prepared.take(definition, 'op')).toBe('w@1.op');
    expect(world.loads).toEqual(['w@1.op']);
  });

  it('answers a worker that takes the registration up again without loading again', async () => {
    await world.ask('op');
    world.answers.length = 0;
    await world.ask('op');
    expect(world.loads).toEqual(['w@1.op']);
  });

  it('tells why functions do not load, and tries again at the commit', async () => {
    world.unloadable = true;
    await world.ask('op');
    expect(world.answers[0]).toMatchObject({ gatewayId: 'gateway', failure: { code: 'functionLoadFailed' } });
    await expect(world.prepared.take(definition, 'op')).rejects.toMatchObject({ code: 'functionLoadFailed' });
    world.unloadable = false;
    expect(await world.prepared.take(definition, 'op')).toBe('w@1.op');
  });

  it.each<{ when: string; end: () => unknown }>([
    { when: 'the registration is undone', end: () => world.discard('op') },
    { when: 'no commit comes', end: () => vi.advanceTimersByTimeAsync(600_000) },
    { when: 'the gateway leaves', end: () => world.prepared.stop() },
  ])('unloads what it has prepared when $when', async ({ end }) => {
    await world.ask('op');
    await end();
    await vi.waitFor(() => expect(world.loaded.size).toBe(0));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('loads nothing for a worker that asks late, when the workflow is served, and unloads nothing of it', async () => {
    const world = new World();
    await world.prepared.start();
    await world.ask('op');
    await world.prepared.take(definition, 'op');
    await world.ask('other');
    await world.ask('op');
    world.discard('op');
    expect([world.loads, [...world.loaded]]).toEqual([
      ['w@1.op', 'w@1.other'],
      ['w@1.op', 'w@1.other'],
    ]);
    await world.prepared.unload('w@1.op');
    expect([...world.loaded]).toEqual(['w@1.other']);
    world.prepared.stop();
  });
});
