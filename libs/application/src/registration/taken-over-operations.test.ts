import { defineWorkflow, parseManifest, parseSpec, TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { ModelServerFleet } from '../model-server-fleet/model-server-fleet.js';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { JobContext } from '../ports/job-queue.js';
import { silentLogger } from '../ports/logger.js';
import type { ModelRepository } from '../ports/model-repository.js';
import type { ModelServer } from '../ports/model-server.js';
import type { OperationTrace, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { noRacePoints } from './saga/race-points.js';
import { RegisterWorkflow } from './register-workflow.js';
import { UnregisterWorkflow } from './unregister-workflow.js';

const names = { workflowName: 'digits', specFile: 's.yaml' };
const manifest = parseManifest(JSON.stringify({ createdOn: 'now', archiverVersion: '1', workflow: names }));
const spec = parseSpec('models: {net: {url: net.mar}}\ndag: {net: []}', 's.yaml');
const definition = defineWorkflow({ url: 'w', digest: 'd', manifest, spec });
const record: WorkflowRecord = {
  ...{ schemaVersion: 1, phase: 'registering', operationId: 'op', revision: 0, definition, changedAt: '' },
};
const held: OperationTrace = { outcome: 'held', record };
const lost = new TorchweaveError('operationAbandoned', { operationId: 'op', reason: 'another has it' });

const job: JobContext = {
  operationId: 'op',
  signal: new AbortController().signal,
  step: (_, run) => run(),
  concerns: () => undefined,
};

/** A state in which another worker takes the operation up at a moment of the test's choosing. */
class World {
  readonly acts: string[] = [];
  isLost = false;
  isTakenOver = false;
  trace: OperationTrace = held;
  /** What the model server does when it is asked. */
  onModel: () => Promise<void> = () => Promise.resolve();

  private readonly ports: ConstructorParameters<typeof RegisterWorkflow>[0];

  constructor() {
    const fenced = (act: string) => (): Promise<never> => {
      if (this.isLost) return Promise.reject(lost);
      this.acts.push(act);
      return Promise.resolve(record as never);
    };
    const state: Partial<WorkflowState> = {
      takeUp: (operationId) =>
        Promise.resolve({
          run: { operationId, token: '1' },
          isTakenOver: this.isTakenOver,
          isCancelled: false,
          trace: this.trace,
        }),
      holds: () => Promise.resolve(!this.isLost),
      activate: fenced('commit'),
      beginUndo: fenced('begin undo'),
      release: fenced('release'),
      beginRemoval: () => Promise.resolve({ workflow: 'digits', revision: 1, models: ['digits__net'] }),
      doubt: (models) => Promise.resolve(void this.acts.push(`doubt ${models.join()}`)),
    };
    const act = (what: string): Promise<void> => {
      this.acts.push(what);
      return this.onModel();
    };
    const repository: Partial<ModelRepository> = {
      register: ({ name }) => act(`register ${name}`),
      unregister: (name) => act(`unregister ${name}`),
    };
    const server: Partial<ModelServer> = {
      endpoint: 'http://model-server',
      repository: repository as ModelRepository,
    };
    const gateways: Partial<GatewayRegistry> = {
      leaseMs: 1,
      waitFor: () => Promise.resolve([]),
      discard: () => Promise.resolve(),
    };
    const archives: Partial<ArchiveStore> = {
      open: (digest) =>
        Promise.resolve({
          digest,
          directory: '/x',
          ...{ readText: () => Promise.resolve(undefined), readBytes: () => Promise.resolve(undefined) },
        }),
    };
    this.ports = {
      state: state as WorkflowState,
      modelServers: new ModelServerFleet([server as ModelServer], silentLogger),
      gateways: gateways as GatewayRegistry,
      archives: archives as ArchiveStore,
      ...{ logger: silentLogger, responseTimeoutMs: 1, racePoints: noRacePoints },
    } as ConstructorParameters<typeof RegisterWorkflow>[0];
  }

  register(): Promise<unknown> {
    return new RegisterWorkflow(this.ports).execute({ url: 'w' }, job);
  }

  unregister(): Promise<unknown> {
    return new UnregisterWorkflow(this.ports).execute({ workflow: 'digits' }, job);
  }
}

const refused = (): Promise<never> =>
  Promise.reject(new TorchweaveError('modelServerRefused', { endpoint: 'x', message: 'no' }));

describe('a registration whose operation another worker takes up', () => {
  it('registers nothing more', async () => {
    const world = new World();
    world.isLost = true;
    await expect(world.register()).rejects.toMatchObject({ code: 'operationAbandoned' });
    expect(world.acts).toEqual(['doubt digits__net']);
  });

  it.each([
    ['registered', () => Promise.resolve()],
    ['was refused', refused],
  ])('neither commits nor removes what it has asked for when that %s, and leaves it in doubt', async (_, outcome) => {
    const world = new World();
    world.onModel = () => {
      world.isLost = true;
      return outcome();
    };
    await expect(world.register()).rejects.toMatchObject({ code: 'operationAbandoned' });
    expect(world.acts).toEqual(['register digits__net', 'doubt digits__net']);
  });

  it('removes nothing when it is lost as the undoing has begun', async () => {
    const world = new World();
    const failure = new TorchweaveError('archiveStoreFull', {}).toRecord();
    world.trace = { outcome: 'held', record: { ...record, phase: 'undoing', failure } };
    world.isLost = true;
    await expect(world.register()).rejects.toMatchObject({ code: 'operationAbandoned' });
    expect(world.acts).toEqual(['doubt digits__net']);
  });

  it('goes on in the other worker, which doubts what the first one has asked for', async () => {
    const world = new World();
    world.isTakenOver = true;
    await world.register();
    expect(world.acts).toEqual(['doubt digits__net', 'register digits__net', 'commit']);
  });

  it('removes what it has registered where nobody has taken it up', async () => {
    const world = new World();
    world.onModel = () => (world.acts.length === 1 ? refused() : Promise.resolve());
    await expect(world.register()).rejects.toMatchObject({ code: 'registrationFailed' });
    expect(world.acts).toEqual(['register digits__net', 'begin undo', 'unregister digits__net', 'release']);
  });
});

describe('an unregistration whose operation another worker takes up', () => {
  it('removes nothing more', async () => {
    const world = new World();
    world.isLost = true;
    await expect(world.unregister()).rejects.toMatchObject({ code: 'operationAbandoned' });
    expect(world.acts).toEqual(['doubt digits__net']);
  });

  it('leaves in doubt what it has removed, for the name may be another workflow’s by now', async () => {
    const world = new World();
    world.onModel = () => Promise.resolve(void (world.isLost = true));
    await expect(world.unregister()).rejects.toMatchObject({ code: 'operationAbandoned' });
    expect(world.acts).toEqual(['unregister digits__net', 'doubt digits__net']);
  });

  it('goes on in the other worker, which doubts what the first one has asked for', async () => {
    const world = new World();
    world.isTakenOver = true;
    await world.unregister();
    expect(world.acts).toEqual(['doubt digits__net', 'unregister digits__net', 'release']);
  });
});
