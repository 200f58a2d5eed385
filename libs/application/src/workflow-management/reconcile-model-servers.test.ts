import { defineWorkflow, parseManifest, parseSpec, type Phase, type WorkflowDefinition } from '@torchweave/domain';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { JobContext, JobQueue, OperationPhase } from '../ports/job-queue.js';
import { silentLogger } from '../ports/logger.js';
import type { ModelServer } from '../ports/model-server.js';
import type { ClaimedOrphans, OwnedModel, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { ReconcileModelServers } from './reconcile-model-servers.js';

const names = { workflowName: 'digits', specFile: 's.yaml' };
const manifest = parseManifest(JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: names }));
const spec = parseSpec('models: {net: {url: net.mar}}\ndag: {net: []}', 's.yaml');
const definition: WorkflowDefinition = defineWorkflow({ url: 'w', digest: 'd', manifest, spec });

const record = (phase: Phase, operationId: string): WorkflowRecord => ({
  ...{ schemaVersion: 1, phase, operationId, revision: 1, definition, changedAt: '' },
});

const job: JobContext = {
  operationId: 'upkeep',
  signal: new AbortController().signal,
  step: (_, run) => run(),
  concerns: () => undefined,
};

/** A state that changes between the look at what is unfinished and the next one, and what is done about it. */
class World {
  readonly removed: string[] = [];
  readonly released: string[] = [];
  readonly settled: string[] = [];
  readonly registered: string[] = [];
  readonly noted: string[] = [];
  archiveLooks = 0;
  orphans: ClaimedOrphans = { unowned: [], owned: [] };
  models: OwnedModel[] = [];
  present: string[] = [];
  private readonly reconciler: ReconcileModelServers;

  constructor(
    private readonly found: WorkflowRecord | undefined,
    private readonly operation: OperationPhase,
    private readonly later: WorkflowRecord | undefined,
  ) {
    const state: Partial<WorkflowState> = {
      unfinished: () => Promise.resolve(this.found === undefined ? [] : [this.found]),
      get: () => Promise.resolve(this.later),
      page: () => Promise.resolve({ workflows: [], hasMore: false }),
      ownedModels: () => Readable.from([this.models]),
      addOrphans: (models) => Promise.resolve(void this.noted.push(...models)),
      claimOrphans: () => Promise.resolve(this.orphans),
      settleOrphans: (gone) => Promise.resolve(void this.settled.push(...gone)),
      beginUndo: () => Promise.resolve(record('undoing', 'dead')),
      release: (workflow) => Promise.resolve(void this.released.push(workflow)),
    };
    const server: Partial<ModelServer> = {
      endpoint: 'http://model-server',
      isHealthy: () => Promise.resolve(true),
      list: () => Promise.resolve(this.present),
      register: ({ name }) => Promise.resolve(void this.registered.push(name)),
      unregister: (model) => Promise.resolve(void this.removed.push(model)),
    };
    const jobs: Partial<JobQueue> = {
      operation: (id) =>
        Promise.resolve({
          ...{ id, kind: 'register-workflow', steps: [], createdAt: '', attempts: 1 },
          state: this.operation,
        }),
    };
    const archives: Partial<ArchiveStore> = {
      list: () => {
        this.archiveLooks += 1;
        return Promise.resolve([]);
      },
    };
    const ports = {
      state: state as WorkflowState,
      modelServers: new ModelServerFleet([server as ModelServer], silentLogger),
      jobs: jobs as JobQueue,
      archives: archives as ArchiveStore,
      source: { open: () => Promise.reject(new Error('nothing is fetched')) },
      ...{ logger: silentLogger, responseTimeoutMs: 1 },
    };
    this.reconciler = new ReconcileModelServers(ports);
  }

  async reconcile(): Promise<void> {
    await this.reconciler.execute(job);
  }
}

describe('ReconcileModelServers', () => {
  it.each(['registering', 'undoing', 'unregistering'] as const)(
    'finishes what an operation has left in phase %s',
    async (phase) => {
      const world = new World(record(phase, 'dead'), 'failed', record(phase, 'dead'));
      await world.reconcile();
      expect([world.removed, world.released]).toEqual([['digits__net'], ['digits']]);
    },
  );

  it.each([
    ['has finished its work since', 'unregistering', 'succeeded', undefined],
    ['has made the workflow ready since', 'registering', 'succeeded', record('ready', 'dead')],
    ['has left the name to another one since', 'unregistering', 'succeeded', record('registering', 'other')],
    ['is still under way', 'unregistering', 'running', record('unregistering', 'dead')],
    ['waits to be taken up again', 'registering', 'waiting', record('registering', 'dead')],
  ] as const)('touches nothing when the operation %s', async (_, phase, operation, later) => {
    const world = new World(record(phase, 'dead'), operation, later);
    await world.reconcile();
    expect([world.removed, world.released]).toEqual([[], []]);
  });

  it.each([
    ['keeps those of a workflow that may be on its way out', 'unregistering', ['gone__a']],
    ['forgets those that a workflow serves', 'ready', ['gone__a', 'digits__net']],
  ] as const)('removes orphans that nobody owns, and %s', async (_, phase, settled) => {
    const world = new World(undefined, 'succeeded', record(phase, 'op'));
    world.orphans = { unowned: ['gone__a'], owned: [{ model: 'digits__net', workflow: 'digits' }] };
    await world.reconcile();
    expect([world.removed, world.settled]).toEqual([['gone__a'], settled]);
  });

  it('registers the models that a server has lost, noted as orphans until that is known to be right', async () => {
    const world = new World(undefined, 'succeeded', record('ready', 'op'));
    world.models = [
      { model: 'digits__net', workflow: 'digits' },
      { model: 'digits__there', workflow: 'digits' },
      { model: 'digits__of_an_older_version', workflow: 'digits' },
    ];
    world.present = ['digits__there'];
    await world.reconcile();
    expect([world.noted, world.registered]).toEqual([['digits__net'], ['digits__net']]);
  });

  it('registers no model of a workflow that is not ready', async () => {
    const world = new World(undefined, 'succeeded', record('registering', 'op'));
    world.models = [{ model: 'digits__net', workflow: 'digits' }];
    await world.reconcile();
    expect([world.noted, world.registered]).toEqual([[], []]);
  });

  it('looks for unused archives once in a while: that reads every workflow', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const world = new World(undefined, 'succeeded', undefined);
    await world.reconcile();
    await world.reconcile();
    expect(world.archiveLooks).toBe(1);
    vi.advanceTimersByTime(600_000);
    await world.reconcile();
    expect(world.archiveLooks).toBe(2);
  });
});
