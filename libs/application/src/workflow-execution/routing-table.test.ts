import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import type { ArchiveStore } from '../ports/archive-store.js';
import { silentLogger } from '../ports/logger.js';
import type { WorkflowChange, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import { RoutingTable } from './routing-table.js';

/** A state in memory, a runtime that notes what is loaded, and a registry that notes what is announced. */
class World {
  readonly changes: WorkflowChange[] = [];
  readonly loaded = new Set<string>();
  readonly announced: number[] = [];
  unloadable = false;
  heldLoads: Promise<void> = Promise.resolve();
  private watcher: (lost: boolean) => void = () => undefined;
  private onAnnounced: () => void = () => undefined;

  readonly table: RoutingTable;

  constructor() {
    const state: Pick<WorkflowState, 'get' | 'changesSince' | 'watch'> = {
      get: (name) => Promise.resolve(this.changes.findLast((change) => change.workflow === name)?.record),
      changesSince: (revision) => Promise.resolve(this.changes.filter((change) => change.revision > revision)),
      watch: (watcher) => {
        this.watcher = watcher;
        return Promise.resolve(() => Promise.resolve());
      },
    };
    const archives: Pick<ArchiveStore, 'open'> = {
      open: (digest) => Promise.resolve({ digest, directory: '/x', readText: () => Promise.resolve(undefined) }),
    };
    this.table = new RoutingTable('gateway', {
      state: state as WorkflowState,
      archives: archives as ArchiveStore,
      functions: {
        load: async (unit) => {
          await this.heldLoads;
          if (this.unloadable)
            throw new TorchweaveError('functionLoadFailed', { functionName: 'f', file: 'h.py', reason: 'no' });
          this.loaded.add(unit.id);
        },
        unload: (id) => Promise.resolve(void this.loaded.delete(id)),
        call: () => Promise.reject(new Error('not called')),
        close: () => Promise.resolve(),
      },
      gateways: {
        announce: (_, revision) => {
          this.announced.push(revision);
          this.onAnnounced();
          return Promise.resolve();
        },
        leave: () => Promise.resolve(),
        waitFor: () => Promise.resolve([]),
        prepare: () => Promise.resolve([]),
        discard: () => Promise.resolve(),
        onPreparation: () => Promise.resolve(() => undefined),
        answerPreparation: () => Promise.resolve(),
        leaseMs: 3_000,
      },
      logger: silentLogger,
    });
  }

  register(name: string, revision: number, operationId = `op-${revision}`): void {
    const record: WorkflowRecord = {
      schemaVersion: 1,
      phase: 'ready',
      operationId,
      revision,
      definition: functionsOnly(name),
      changedAt: '',
    };
    this.change({ workflow: name, revision, record });
  }

  unregister(name: string, revision: number): void {
    this.change({ workflow: name, revision });
  }

  notify(lost = false): void {
    this.watcher(lost);
  }

  async announcementOf(revision: number): Promise<void> {
    while (this.announced.at(-1) !== revision) await new Promise<void>((resolve) => (this.onAnnounced = resolve));
  }

  private change(change: WorkflowChange): void {
    const before = this.changes.findIndex((other) => other.workflow === change.workflow);
    if (before !== -1) this.changes.splice(before, 1);
    this.changes.push(change);
  }
}

describe('RoutingTable', () => {
  it('serves what was registered before it started, and announces that', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    expect(world.table.get('a')).toMatchObject({ name: 'a', revision: 1, functionUnitId: 'a@op-1' });
    await world.announcementOf(1);
    await world.table.leave();
  });

  it('does not serve what was withdrawn while it started and had no lease that anybody would have waited for', async () => {
    const world = new World();
    let release: () => void = () => undefined;
    world.heldLoads = new Promise((resolve) => (release = resolve));
    world.register('a', 1);
    const started = world.table.start();
    // No message tells of it: only a further look can.
    await world.announcementOf(0);
    world.unregister('a', 2);
    release();
    await started;
    expect(world.table.get('a')).toBeUndefined();
    await world.announcementOf(2);
    await world.table.leave();
  });

  it('announces a change only once it is served', async () => {
    const world = new World();
    await world.table.start();
    let release: () => void = () => undefined;
    world.heldLoads = new Promise((resolve) => (release = resolve));
    world.register('a', 1);
    world.notify();
    world.register('b', 2);
    world.notify();
    await Promise.resolve();
    expect(world.announced).not.toContain(1);
    release();
    await world.announcementOf(2);
    expect([world.table.get('a')?.revision, world.table.get('b')?.revision]).toEqual([1, 2]);
    await world.table.leave();
  });

  it('announces each change once: every announcement wakes all workers', async () => {
    const world = new World();
    await world.table.start();
    for (const revision of [1, 2, 3]) {
      world.register('a', revision);
      world.notify();
      await world.announcementOf(revision);
    }
    await world.table.leave();
    expect(world.announced.filter((revision) => revision > 0)).toEqual([1, 2, 3]);
  });

  it('no longer serves what is unregistered, and unloads its functions', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    world.unregister('a', 2);
    world.notify();
    await world.announcementOf(2);
    expect(world.table.get('a')).toBeUndefined();
    expect(world.loaded.size).toBe(0);
    await world.table.leave();
  });

  it('replaces a workflow that was registered anew, and unloads the old version', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    world.register('a', 3);
    world.notify();
    await world.announcementOf(3);
    expect(world.table.get('a')?.functionUnitId).toBe('a@op-3');
    expect([...world.loaded]).toEqual(['a@op-3']);
    await world.table.leave();
  });

  it('keeps the functions of a registration that a restored state has under another revision', async () => {
    const world = new World();
    world.register('a', 1, 'op');
    await world.table.start();
    world.register('a', 3, 'op');
    world.notify(true);
    await world.announcementOf(3);
    expect(world.table.get('a')).toMatchObject({ revision: 3, functionUnitId: 'a@op' });
    expect([...world.loaded]).toEqual(['a@op']);
    await world.table.leave();
  });

  it('looks up a name that it has not followed yet', async () => {
    const world = new World();
    await world.table.start();
    world.register('a', 1);
    expect(await world.table.lookUp('a')).toMatchObject({ name: 'a' });
    expect(await world.table.lookUp('b')).toBeUndefined();
    await world.table.leave();
  });

  it('tells why a workflow cannot be loaded here', async () => {
    const world = new World();
    world.unloadable = true;
    world.register('a', 1);
    await world.table.start();
    expect(world.table.get('a')).toBeUndefined();
    await expect(world.table.lookUp('a')).rejects.toMatchObject({ code: 'functionLoadFailed' });
    await world.table.leave();
  });

  it('drops what a restored older state does not know after a lost connection', async () => {
    const world = new World();
    world.register('a', 1);
    world.register('b', 2);
    await world.table.start();
    await world.announcementOf(2);
    world.changes.splice(0);
    world.register('a', 1);
    world.notify(true);
    await world.announcementOf(1);
    expect([world.table.get('a')?.revision, world.table.get('b')]).toEqual([1, undefined]);
    await world.table.leave();
  });
});
