import { TorchweaveError } from '@torchweave/domain';
import { InMemoryGatewayRegistry } from '@torchweave/testing/in-memory/gateway-registry';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { PreparationOutcome } from '../ports/gateway-registry.js';
import { silentLogger } from '../ports/logger.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import type { WorkflowRecord } from '../ports/workflow-state.js';
import { PreparedFunctions } from './prepared-functions.js';

const definition = functionsOnly('w');

/** A runtime that counts loads, and workers that ask. */
class World {
  readonly loads: string[] = [];
  readonly loaded = new Set<string>();
  unloadable = false;
  /** The operation that has the workflow, as the state knows; undefined while the state is away. */
  holder: (() => Partial<WorkflowRecord> | undefined) | undefined = () => ({ operationId: 'op', phase: 'registering' });
  private readonly gateways = new InMemoryGatewayRegistry();

  readonly prepared: PreparedFunctions;

  constructor() {
    const archives: Pick<ArchiveStore, 'open'> = {
      open: (digest) =>
        Promise.resolve({
          digest,
          directory: '/x',
          ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
        }),
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
      versions: {
        get: () =>
          this.holder === undefined
            ? Promise.reject(new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 }))
            : Promise.resolve(this.holder() as WorkflowRecord | undefined),
      },
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

  it.each<{ what: string; holder: World['holder'] }>([
    { what: 'is gone', holder: () => undefined },
    { what: 'belongs to another operation', holder: () => ({ operationId: 'other', phase: 'ready' }) },
    { what: 'is undone', holder: () => ({ operationId: 'op', phase: 'undoing' }) },
  ])('unloads what it has prepared soon after the workflow $what, though nobody has told it', async ({ holder }) => {
    await world.ask('op');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.loaded.size).toBe(1);
    world.holder = holder;
    await vi.advanceTimersByTimeAsync(10_000);
    expect([world.loaded.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('keeps what it has prepared while the state is away, and while its commit has not been followed', async () => {
    await world.ask('op');
    world.holder = undefined;
    await vi.advanceTimersByTimeAsync(60_000);
    world.holder = () => ({ operationId: 'op', phase: 'ready' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await world.prepared.take(definition, 'op')).toBe('w@1.op');
    expect([world.loads, vi.getTimerCount()]).toEqual([['w@1.op'], 0]);
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
