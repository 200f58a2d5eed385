import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it, vi } from 'vitest';
import type { ArchiveStore } from '../ports/archive-store.js';
import { silentLogger } from '../ports/logger.js';
import type { UnreadableWorkflow, WorkflowChange, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { functionsOnly } from '../../test/support/functions-only.js';
import { RoutingTable } from './routing-table.js';

/** A state in memory, a runtime that notes what is loaded, and a registry that notes what is announced. */
class World {
  readonly changes: WorkflowChange[] = [];
  readonly loaded = new Set<string>();
  readonly announced: number[] = [];
  /** What loading fails with. */
  trouble: TorchweaveError | undefined;
  heldLoads: Promise<void> = Promise.resolve();
  /** Awaited with an answer of the state ready, as it is before it arrives. */
  onAnswer: (answer: 'changes' | 'record') => Promise<void> = () => Promise.resolve();
  /** Workflows that no answer about changes tells of. */
  readonly concealed = new Set<string>();
  private watcher: (lost: boolean) => void = () => undefined;
  private onAnnounced: () => void = () => undefined;

  readonly table: RoutingTable;

  constructor() {
    const state: Pick<WorkflowState, 'get' | 'changesSince' | 'watch' | 'summary'> = {
      get: async (name) => {
        const found = this.changes.findLast((change) => change.workflow === name);
        await this.onAnswer('record');
        if (found?.unreadable !== undefined) throw found.unreadable;
        return found?.record;
      },
      changesSince: async (revision) => {
        const found = this.changes.filter(
          (change) => change.revision > revision && !this.concealed.has(change.workflow),
        );
        await this.onAnswer('changes');
        return found;
      },
      summary: () =>
        Promise.resolve({
          ready: this.changes.filter(({ record, unreadable }) => (record ?? unreadable) !== undefined).length,
          revision: this.changes.at(-1)?.revision ?? 0,
        }),
      watch: (watcher) => {
        this.watcher = watcher;
        return Promise.resolve(() => Promise.resolve());
      },
    };
    const archives: Pick<ArchiveStore, 'open'> = {
      open: (digest) =>
        Promise.resolve({
          digest,
          directory: '/x',
          ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
        }),
    };
    this.table = new RoutingTable('gateway', {
      state: state as WorkflowState,
      versions: { get: ({ workflow }) => state.get(workflow) },
      archives: archives as ArchiveStore,
      functions: {
        load: async (unit) => {
          await this.heldLoads;
          if (this.trouble !== undefined) throw this.trouble;
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
        serving: () => Promise.resolve([]),
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

  registerUnreadable(name: string, revision: number): void {
    this.change({ workflow: name, revision, unreadable: unreadable(name) });
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

const unreadable = (workflow: string): UnreadableWorkflow =>
  new TorchweaveError('workflowUnreadable', { workflow, reason: 'it has schema version "2"' });
const loadFailed = new TorchweaveError('functionLoadFailed', { functionName: 'f', file: 'h.py', reason: 'no' });
const nodeFailed = new TorchweaveError('nodeFailed', { node: 'f', attempts: 1, reason: 'no' });

/** Holds the next answer of a kind: it resolves with how to let it go when it is asked for. */
function holdNext(world: World, kind: 'changes' | 'record'): Promise<() => void> {
  return new Promise((held) => {
    world.onAnswer = (answer) => {
      if (answer !== kind) return Promise.resolve();
      world.onAnswer = () => Promise.resolve();
      return new Promise((release) => held(release));
    };
  });
}

describe('RoutingTable', () => {
  it('serves what was registered before it started, and announces that', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    expect(world.table.get('a')).toMatchObject({ name: 'a', revision: 1, functionUnitId: 'a@1.op-1' });
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
    expect(world.table.get('a')?.functionUnitId).toBe('a@1.op-3');
    expect([...world.loaded]).toEqual(['a@1.op-3']);
    await world.table.leave();
  });

  it('keeps the functions of a registration that a restored state has under another revision', async () => {
    const world = new World();
    world.register('a', 1, 'op');
    await world.table.start();
    world.register('a', 3, 'op');
    world.notify(true);
    await world.announcementOf(3);
    expect(world.table.get('a')).toMatchObject({ revision: 3, functionUnitId: 'a@1.op' });
    expect([...world.loaded]).toEqual(['a@1.op']);
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
    world.trouble = loadFailed;
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

  it('leaves, though the state does not answer', async () => {
    const world = new World();
    await world.table.start();
    const held = holdNext(world, 'changes');
    world.notify();
    await held;
    await world.table.leave();
    expect(world.table.size).toBe(0);
  });

  it('serves all it served when a look for changes was under way as everything is read again', async () => {
    const world = new World();
    for (const [index, name] of ['a', 'b', 'c'].entries()) world.register(name, index + 1);
    await world.table.start();
    const held = holdNext(world, 'changes');
    world.notify();
    const release = await held;
    world.register('d', 4);
    world.notify(true);
    release();
    await world.announcementOf(4);
    expect(['a', 'b', 'c', 'd'].map((name) => world.table.get(name)?.revision)).toEqual([1, 2, 3, 4]);
    expect(world.loaded.size).toBe(4);
    await world.table.leave();
  });

  it('applies nothing of an answer from before the state was restored', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    world.register('late', 2);
    const held = holdNext(world, 'changes');
    world.notify();
    const release = await held;
    world.changes.splice(1);
    world.notify(true);
    release();
    await world.announcementOf(1);
    expect([world.table.get('a')?.revision, world.table.get('late')]).toEqual([1, undefined]);
    await world.table.leave();
  });

  it('asks again for a name where everything is read again before the answer comes', async () => {
    const world = new World();
    await world.table.start();
    world.register('a', 1);
    const held = holdNext(world, 'record');
    const found = world.table.lookUp('a');
    const release = await held;
    world.changes.splice(0);
    world.notify(true);
    release();
    expect(await found).toBeUndefined();
    expect(world.table.get('a')).toBeUndefined();
    await world.table.leave();
  });

  it('drops what was being loaded while the state was restored without it', async () => {
    const world = new World();
    await world.table.start();
    let release: () => void = () => undefined;
    world.heldLoads = new Promise((resolve) => (release = resolve));
    world.register('a', 1);
    const found = world.table.lookUp('a');
    await Promise.resolve();
    world.changes.splice(0);
    world.register('b', 1);
    world.notify(true);
    release();
    await found;
    await world.announcementOf(1);
    await vi.waitFor(() => expect([...world.loaded]).toEqual(['b@1.op-1']));
    expect(world.table.get('a')).toBeUndefined();
    await world.table.leave();
  });

  it('reads everything again when it knows fewer workflows than are registered, and says so until then', async () => {
    const world = new World();
    world.register('a', 1);
    world.register('b', 2);
    world.concealed.add('a');
    const told: number[] = [];
    // The first answer is short: of a, nothing comes any more.
    world.onAnswer = () => {
      told.push(world.table.missing.missing);
      world.concealed.clear();
      return Promise.resolve();
    };
    await world.table.start();
    expect(told).toContain(1);
    expect(['a', 'b'].map((name) => world.table.get(name)?.revision)).toEqual([1, 2]);
    await vi.waitFor(() => expect(world.table.missing).toMatchObject({ registered: 2, missing: 0 }));
    await world.table.leave();
  });

  it('does not start before it has read what is registered', async () => {
    const world = new World();
    world.register('a', 1);
    let tries = 0;
    world.onAnswer = () => {
      tries += 1;
      if (tries > 2) return Promise.resolve();
      return Promise.reject(new TorchweaveError('stateUnavailable', { reason: 'away', retryAfterSeconds: 1 }));
    };
    await world.table.start();
    expect([tries > 2, world.table.get('a')?.revision]).toEqual([true, 1]);
    await world.table.leave();
  });

  it('serves everything but a workflow that cannot be read, and tells that', async () => {
    const world = new World();
    world.register('a', 1);
    world.registerUnreadable('b', 2);
    world.register('c', 3);
    await world.table.start();
    expect([world.table.get('a')?.revision, world.table.get('c')?.revision]).toEqual([1, 3]);
    await expect(world.table.lookUp('b')).rejects.toMatchObject({ code: 'workflowUnreadable', status: 503 });
    expect(world.table.missing).toEqual({ registered: 3, missing: 0, broken: new Map([['b', unreadable('b')]]) });
    await world.announcementOf(3);
    await world.table.leave();
  });

  it('serves a workflow on whose document cannot be read any more, and drops an older version of one', async () => {
    const world = new World();
    world.register('same', 1);
    world.register('older', 2);
    await world.table.start();
    world.registerUnreadable('same', 1);
    world.registerUnreadable('older', 3);
    world.notify(true);
    await world.announcementOf(3);
    expect([world.table.get('same')?.revision, world.table.get('older')]).toEqual([1, undefined]);
    await world.table.leave();
  });

  it('serves a workflow as soon as its document can be read', async () => {
    const world = new World();
    world.registerUnreadable('a', 1);
    await world.table.start();
    world.register('a', 1);
    expect(await world.table.lookUp('a')).toMatchObject({ revision: 1 });
    expect(world.table.missing.broken.size).toBe(0);
    await world.table.leave();
  });

  it.each([
    { fault: 'of the workflow', trouble: loadFailed, missing: 0, broken: ['a'] },
    { fault: 'of this gateway', trouble: new TorchweaveError('archiveStoreFull', {}), missing: 1, broken: [] },
  ])('tells apart what it cannot load for a fault $fault', async ({ trouble, missing, broken }) => {
    const world = new World();
    world.trouble = trouble;
    world.register('a', 1);
    await world.table.start();
    const told = world.table.missing;
    expect([told.registered, told.missing, [...told.broken.keys()]]).toEqual([1, missing, broken]);
    await world.table.leave();
  });

  it('ends the functions of a workflow that is gone when its runs under way have ended, and does not wait for that', async () => {
    const world = new World();
    world.register('a', 1);
    await world.table.start();
    const runs = world.table.get('a')?.runs;
    runs?.begin();
    world.unregister('a', 2);
    world.notify();
    await world.announcementOf(2);
    expect([world.table.get('a'), [...world.loaded]]).toEqual([undefined, ['a@1.op-1']]);
    runs?.end();
    await vi.waitFor(() => expect(world.loaded.size).toBe(0));
    await world.table.leave();
  });

  it('keeps the functions of a workflow that comes back while runs of before are under way', async () => {
    const world = new World();
    world.register('a', 1, 'op');
    await world.table.start();
    const before = world.table.get('a');
    before?.runs?.begin();
    world.unregister('a', 2);
    world.notify();
    await world.announcementOf(2);
    world.register('a', 3, 'op');
    world.notify();
    await world.announcementOf(3);
    before?.runs?.end();
    await Promise.resolve();
    expect([...world.loaded]).toEqual(['a@1.op']);
    await world.table.leave();
  });

  describe('of a run that has failed', () => {
    async function failed(change: (world: World) => void, error: TorchweaveError): Promise<unknown> {
      const world = new World();
      world.register('a', 1);
      await world.table.start();
      const workflow = world.table.get('a');
      change(world);
      const told = workflow === undefined ? undefined : await world.table.failureOf(workflow, error);
      await world.table.leave();
      return told;
    }

    it.each([
      ['was unregistered', (world: World) => world.unregister('a', 2)],
      ['was registered anew', (world: World) => world.register('a', 3)],
    ])('says that there is no such workflow where it %s, and it has not heard of that', async (_, change) => {
      expect(await failed(change, nodeFailed)).toMatchObject({ code: 'workflowNotFound', status: 404 });
    });

    it.each([
      ['is still registered', () => undefined],
      ['cannot be asked for', (world: World) => (world.onAnswer = () => Promise.reject(new Error('away')))],
    ])('says why where the workflow %s', async (_, change) => {
      expect(await failed(change, nodeFailed)).toBe(nodeFailed);
    });

    it('says what its functions have raised in any case', async () => {
      const raised = new TorchweaveError('nodeRaised', { node: 'f', status: 418, message: 'tea' });
      expect(await failed((world) => world.unregister('a', 2), raised)).toBe(raised);
    });
  });
});
