import { TorchweaveError } from '@torchweave/domain';
import { InMemoryGatewayRegistry } from '@torchweave/testing/in-memory/gateway-registry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { PreparationOutcome } from '../ports/gateway-registry.js';
import { silentLogger } from '../ports/logger.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import { PreparedFunctions } from './prepared-functions.js';

const definition = functionsOnly('w');

/** A runtime that counts loads, and workers that ask. */
class World {
  readonly loads: string[] = [];
  readonly loaded = new Set<string>();
  unloadable = false;
  private readonly gateways = new InMemoryGatewayRegistry();

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
    this.prepared = new PreparedFunctions('gateway', {
      archives: archives as ArchiveStore,
      functions: functions as FunctionRuntime,
      gateways: this.gateways,
      logger: silentLogger,
    });
  }

  async start(): Promise<void> {
    await this.gateways.announce('gateway', 0);
    await this.prepared.start();
  }

  /** As a worker does. */
  ask(operationId: string): Promise<readonly PreparationOutcome[]> {
    return this.gateways.prepare({ operationId, definition }, new AbortController().signal);
  }

  discard(operationId: string): Promise<void> {
    return this.gateways.discard(operationId);
  }
}

describe('PreparedFunctions', () => {
  let world: World;
  beforeEach(async () => {
    vi.useFakeTimers();
    world = new World();
    await world.start();
  });
  afterEach(() => void vi.useRealTimers());

  it('loads for a registration under way, and again not for its commit', async () => {
    expect(await world.ask('op')).toEqual([{ gatewayId: 'gateway' }]);
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
    expect(await world.ask('op')).toEqual([{ gatewayId: 'gateway' }]);
    expect(world.loads).toEqual(['w@1.op']);
  });

  it('tells why functions do not load, and tries again at the commit', async () => {
    world.unloadable = true;
    expect((await world.ask('op'))[0]).toMatchObject({ gatewayId: 'gateway', failure: { code: 'functionLoadFailed' } });
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
    await world.start();
    await world.ask('op');
    await world.prepared.take(definition, 'op');
    await world.ask('other');
    await world.ask('op');
    await world.discard('op');
    expect([world.loads, [...world.loaded]]).toEqual([
      ['w@1.op', 'w@1.other'],
      ['w@1.op', 'w@1.other'],
    ]);
    await world.prepared.unload('w@1.op');
    expect([...world.loaded]).toEqual(['w@1.other']);
    world.prepared.stop();
  });
});
