import {
  defineWorkflow,
  parseManifest,
  parseSpec,
  TorchweaveError,
  type Phase,
  type WorkflowDefinition,
} from '@torchweave/domain';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { JobContext, JobQueue, OperationPhase } from '../ports/job-queue.js';
import { silentLogger } from '../ports/logger.js';
import type { ModelInference } from '../ports/model-inference.js';
import type { ModelRepository } from '../ports/model-repository.js';
import type { ModelServer } from '../ports/model-server.js';
import type {
  ClaimedOrphans,
  OwnedModel,
  UnreadableWorkflow,
  WorkflowRecord,
  WorkflowState,
} from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
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

/** What only a registration that goes forward needs. */
const unused = {} as never;

/** A state that changes between the look at what is unfinished and the next one, and what is done about it. */
class World {
  readonly removed: string[] = [];
  readonly released: string[] = [];
  readonly settled: string[] = [];
  readonly registered: string[] = [];
  readonly noted: string[] = [];
  readonly doubted: string[] = [];
  unreadable: UnreadableWorkflow[] = [];
  broken: UnreadableWorkflow | undefined;
  holds = true;
  onRegister: () => Promise<void> = () => Promise.resolve();
  archiveLooks = 0;
  removedArchives: string[] = [];
  orphans: ClaimedOrphans = { token: 'mark', unowned: [], owned: [] };
  models: OwnedModel[] = [];
  present: string[] = [];
  private readonly reconciler: ReconcileModelServers;

  constructor(
    private readonly found: WorkflowRecord | undefined,
    private readonly operation: OperationPhase,
    public later: WorkflowRecord | undefined,
  ) {
    const state: Partial<WorkflowState> = {
      unfinished: () =>
        Promise.resolve({ records: this.found === undefined ? [] : [this.found], unreadable: this.unreadable }),
      get: () => (this.broken === undefined ? Promise.resolve(this.later) : Promise.reject(this.broken)),
      takeUp: (operationId) =>
        Promise.resolve({
          run: { operationId, token: '1' },
          isTakenOver: true,
          isCancelled: false,
          trace: { outcome: 'none' },
        }),
      holds: () => Promise.resolve(this.holds),
      doubt: (models) => Promise.resolve(void this.doubted.push(...models)),
      page: () => Promise.resolve({ workflows: [], hasMore: false }),
      ownedModels: () => Readable.from([this.models]),
      addOrphans: (models) => Promise.resolve(void this.noted.push(...models)),
      claimOrphans: () => Promise.resolve(this.orphans),
      settleOrphans: ({ kept, gone }) => Promise.resolve(void this.settled.push(...gone, ...kept)),
      beginUndo: () => Promise.resolve(record('undoing', 'dead')),
      beginRemoval: (workflow) => Promise.resolve({ workflow, revision: 1, models: ['digits__net'] }),
      release: (workflow) => Promise.resolve(void this.released.push(workflow)),
    };
    const versions: Partial<WorkflowVersions> = {
      unfinished: () => Promise.resolve({ records: [], unreadable: [] }),
      overdue: () => Promise.resolve([]),
      get: ({ workflow }) => state.get?.(workflow) ?? Promise.resolve(undefined),
      definitions: () => Promise.resolve({ definitions: [], unreadable: 0 }),
    };
    const repository: Partial<ModelRepository> = {
      list: () => Promise.resolve(this.present),
      register: ({ name }) => {
        this.registered.push(name);
        return this.onRegister();
      },
      unregister: (model) => Promise.resolve(void this.removed.push(model)),
    };
    const inference: Partial<ModelInference> = { isHealthy: () => Promise.resolve(true) };
    const server: Partial<ModelServer> = {
      endpoint: 'http://model-server',
      inference: inference as ModelInference,
      repository: repository as ModelRepository,
    };
    const jobs: Partial<JobQueue> = {
      operation: (id) =>
        Promise.resolve({
          ...{ id, runsAs: id, kind: 'register-workflow', steps: [], createdAt: '', attempts: 1 },
          state: this.operation,
        }),
    };
    const archives: Partial<ArchiveStore> = {
      list: () => {
        this.archiveLooks += 1;
        return Promise.resolve([{ digest: 'd', idleMs: 10_000_000 }]);
      },
      remove: (digest) => Promise.resolve(void this.removedArchives.push(digest)),
    };
    const ports = {
      state: state as WorkflowState,
      versions: versions as WorkflowVersions,
      modelServers: new ModelServerFleet([server as ModelServer], silentLogger),
      jobs: jobs as JobQueue,
      archives: archives as ArchiveStore,
      source: { open: () => Promise.reject(new Error('nothing is fetched')) },
      gateways: { discard: () => Promise.resolve() } as Partial<GatewayRegistry> as GatewayRegistry,
      ...{
        functions: unused,
        specs: unused,
        probes: unused,
        scaling: unused,
        reports: unused,
        logger: silentLogger,
        responseTimeoutMs: 1,
      },
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
    world.orphans = {
      token: 'mark',
      unowned: ['gone__a'],
      owned: [{ model: 'digits__net', workflow: 'digits', version: 1 }],
    };
    await world.reconcile();
    expect([world.removed, world.settled]).toEqual([['gone__a'], settled]);
  });

  it('registers the models that a server has lost, noted as orphans until that is known to be right', async () => {
    const world = new World(undefined, 'succeeded', record('ready', 'op'));
    world.models = [
      { model: 'digits__net', workflow: 'digits', version: 1 },
      { model: 'digits__there', workflow: 'digits', version: 1 },
      { model: 'digits__of_an_older_version', workflow: 'digits', version: 1 },
    ];
    world.present = ['digits__there'];
    await world.reconcile();
    expect([world.noted, world.registered]).toEqual([['digits__net'], ['digits__net']]);
  });

  it('registers no model of a workflow that is not ready', async () => {
    const world = new World(undefined, 'succeeded', record('registering', 'op'));
    world.models = [{ model: 'digits__net', workflow: 'digits', version: 1 }];
    await world.reconcile();
    expect([world.noted, world.registered]).toEqual([[], []]);
  });

  it('removes nothing for an operation that somebody else has taken up meanwhile, and goes on', async () => {
    const world = new World(record('unregistering', 'dead'), 'failed', record('unregistering', 'dead'));
    world.holds = false;
    await world.reconcile();
    expect([world.removed, world.released, world.doubted]).toEqual([[], [], ['digits__net']]);
    expect(world.archiveLooks).toBe(1);
  });

  it('has a model in doubt on the model servers as its workflow wants it', async () => {
    const world = new World(undefined, 'succeeded', record('ready', 'op'));
    world.orphans = { token: 'mark', unowned: [], owned: [{ model: 'digits__net', workflow: 'digits', version: 1 }] };
    await world.reconcile();
    expect([world.registered, world.settled]).toEqual([['digits__net'], ['digits__net']]);
  });

  it('keeps in doubt what it registers while the workflow is unregistered', async () => {
    const world = new World(undefined, 'succeeded', record('ready', 'op'));
    world.models = [{ model: 'digits__net', workflow: 'digits', version: 1 }];
    world.onRegister = () => Promise.resolve(void (world.later = undefined));
    await world.reconcile();
    expect([world.registered, world.doubted]).toEqual([['digits__net'], ['digits__net']]);
  });

  it('removes what it could not restore, so that it is tried again, but not when the workflow is another one by then', async () => {
    const refusal = new TorchweaveError('modelServerRefused', { endpoint: 'x', message: 'no' });
    const world = new World(undefined, 'succeeded', record('ready', 'op'));
    world.models = [{ model: 'digits__net', workflow: 'digits', version: 1 }];
    world.onRegister = () => Promise.reject(refusal);
    await world.reconcile();
    expect(world.removed).toEqual(['digits__net']);
    world.onRegister = () => {
      world.later = record('ready', 'another');
      return Promise.reject(refusal);
    };
    await world.reconcile();
    expect([world.removed, world.doubted]).toEqual([['digits__net'], ['digits__net']]);
  });

  it('goes on where a workflow cannot be read, and removes no archive that it may need', async () => {
    const world = new World(undefined, 'succeeded', undefined);
    world.broken = new TorchweaveError('workflowUnreadable', { workflow: 'digits', reason: 'it is not one' });
    world.unreadable = [world.broken];
    world.models = [{ model: 'digits__net', workflow: 'digits', version: 1 }];
    world.orphans = {
      token: 'mark',
      unowned: ['gone__a'],
      owned: [{ model: 'digits__net', workflow: 'digits', version: 1 }],
    };
    await world.reconcile();
    expect([world.registered, world.removed, world.settled]).toEqual([[], ['gone__a'], ['gone__a']]);
    expect([world.archiveLooks, world.removedArchives]).toEqual([1, []]);
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
