import {
  ChangeVersions,
  ModelServerFleet,
  ReconcileModelServers,
  RegisterWorkflow,
  ScaleWorkers,
  silentLogger,
  UnregisterWorkflow,
  type JobContext,
  type JobQueue,
  type ModelDescription,
  type ModelRepository,
  type ModelServer,
  type OperationPhase,
} from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { specText, workflowFiles, zipOf } from '../builders/index.js';
import { InMemoryArchiveSource } from './archive-source.js';
import { InMemoryArchiveStore } from './archive-store.js';
import { InMemoryGatewayProbes } from './gateway-probes.js';
import { InMemoryGatewayRegistry } from './gateway-registry.js';
import { InMemoryModelReports } from './model-reports.js';
import { InMemoryModelServer } from './model-server.js';
import { inMemorySpecReader } from './spec-reader.js';
import { InMemoryWorkflowScaling } from './workflow-scaling.js';
import { InMemoryWorkflowState } from './workflow-state.js';
import { InMemoryWorkflowVersions } from './workflow-versions.js';

const files = ['a.mar', 'b.mar'];
const nothing = (): Uint8Array => new Uint8Array();
const spec = specText({ models: { a: { url: 'a.mar' }, b: { url: 'b.mar' } }, dag: { a: ['b'] } });
const probed = JSON.stringify({ ...(JSON.parse(spec) as object), probe: 'probe.json' });
const archive = await zipOf(workflowFiles({ name: 'w', spec: probed, handler: null, files: { 'probe.json': '{}' } }));

const full = new TorchweaveError('modelServerFull', { endpoint: 'x', message: 'There is no room.' });
export const models = ['w__a', 'w__b'];
export const lost = (operationId: string): TorchweaveError =>
  new TorchweaveError('operationAbandoned', { operationId, reason: 'another worker may hold the job now' });

export const cancelledBy = (operationId: string): TorchweaveError =>
  new TorchweaveError('operationCancelled', { operationId });

/** Decides what becomes of one call of a port; `act` is the call itself. */
export type OnCall = (call: string, act: () => Promise<unknown>) => Promise<unknown>;
const undisturbed: OnCall = (_, act) => act();

type Ports = ConstructorParameters<typeof ChangeVersions>[0] &
  ConstructorParameters<typeof UnregisterWorkflow>[0] &
  ConstructorParameters<typeof ScaleWorkers>[0] & { readonly reports: InMemoryModelReports };

/** Every call of the port's methods goes through `onCall` first. */
function observed<T extends object>(name: string, port: T, onCall: OnCall): T {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const call = name === 'racePoints' ? String(args[0]) : `${name}.${String(key)}`;
        return onCall(call, async () => (await Reflect.apply(value, target, args)) as unknown);
      };
    },
  });
}

/** One installation: a state, a model server, and as many workers as a test wants. */
export class SagaWorld {
  readonly state = new InMemoryWorkflowState();
  readonly versions = new InMemoryWorkflowVersions(this.state);
  private readonly scaling = new InMemoryWorkflowScaling(this.state, this.versions);
  readonly reports = new InMemoryModelReports();
  private readonly archives = new InMemoryArchiveStore();
  private readonly gateways = new InMemoryGatewayRegistry();
  private readonly probes = new InMemoryGatewayProbes();
  private readonly server = new InMemoryModelServer(
    'http://model-server',
    new Map(files.map((file) => [file, () => nothing])),
  );
  /** Why the probe of whatever version is not answered well. */
  badProbe: TorchweaveError | undefined;
  /** What the model server says to every model. */
  refusal: TorchweaveError | undefined;
  /** A number of workers that the model server has no room for. */
  tooManyWorkers = Infinity;
  /** The model server answers no removal. */
  isAway = false;

  constructor() {
    const send = (): Promise<void> => (this.badProbe === undefined ? Promise.resolve() : Promise.reject(this.badProbe));
    void this.probes.answer('gateway', send);
  }

  /** The models on the server. */
  get onServer(): ReadonlySet<string> {
    return new Set(this.server.names);
  }

  /** What the server tells of a model. */
  describe(model: string): Promise<ModelDescription | undefined> {
    return this.server.describe(model);
  }

  register(operationId: string, onCall?: OnCall, job?: Partial<JobContext>): Promise<unknown> {
    const use = new RegisterWorkflow(this.ports(onCall));
    return use.execute({ url: 'w.war' }, { ...jobOf(operationId), ...job });
  }

  unregister(operationId: string, onCall?: OnCall, job?: Partial<JobContext>): Promise<unknown> {
    const use = new UnregisterWorkflow(this.ports(onCall));
    return use.execute({ workflow: 'w' }, { ...jobOf(operationId), ...job });
  }

  update(operationId: string, onCall?: OnCall, job?: Partial<JobContext>, watchMs = 0): Promise<unknown> {
    const use = new ChangeVersions(this.ports(onCall));
    return use.update({ workflow: 'w', url: 'w.war', watchMs }, { ...jobOf(operationId), ...job });
  }

  setDefault(operationId: string, version: number, onCall?: OnCall, job?: Partial<JobContext>): Promise<unknown> {
    const use = new ChangeVersions(this.ports(onCall));
    return use.setDefault({ workflow: 'w', version }, { ...jobOf(operationId), ...job });
  }

  scale(
    operationId: string,
    minWorkers: number,
    onCall?: OnCall,
    job?: Partial<JobContext>,
    node?: string,
  ): Promise<unknown> {
    const use = new ScaleWorkers(this.ports(onCall));
    const order = { minWorkers, maxWorkers: minWorkers, ...(node === undefined ? {} : { node }) };
    return use.execute({ workflow: 'w', ...order }, { ...jobOf(operationId), ...job });
  }

  /** The model server has a model no more, whoever wants it. */
  lose(model: string): Promise<void> {
    return this.server.unregister(model);
  }

  /** @param state of the jobs of all operations. */
  async reconcile(state: OperationPhase = 'failed'): Promise<void> {
    const kind = 'scale-workers';
    const operation: JobQueue['operation'] = (id) =>
      Promise.resolve({ id, runsAs: id, kind, state, steps: [], createdAt: '', attempts: 1 });
    const jobs = { operation } as JobQueue;
    const use = new ReconcileModelServers({ ...this.ports(), state: this.state, jobs });
    await use.execute(jobOf('reconcile'));
  }

  unregisterVersion(
    operationId: string,
    version: number,
    onCall?: OnCall,
    job?: Partial<JobContext>,
  ): Promise<unknown> {
    const use = new ChangeVersions(this.ports(onCall));
    return use.unregister({ workflow: 'w', version }, { ...jobOf(operationId), ...job });
  }

  /** A version beside the active one is kept no longer. */
  async retire(version: number): Promise<void> {
    const retired = { workflow: 'w', version };
    const { run } = await this.state.takeUp(`retire-${version}`);
    const { models } = await this.versions.beginRemoval(retired, run, true);
    for (const model of models) await this.server.unregister(model);
    await this.versions.release(retired, run, models, []);
  }

  /** Models that reconcile is going to look at. */
  async noted(): Promise<ReadonlySet<string>> {
    const { unowned, owned } = await this.state.claimOrphans();
    return new Set([...unowned, ...owned.map(({ model }) => model)]);
  }

  /** Reconcile has looked at all that there was to look at, and found it well. */
  async settle(): Promise<void> {
    this.state.endDoubts();
    const { token, unowned, owned } = await this.state.claimOrphans();
    for (const model of unowned) await this.server.unregister(model);
    await this.state.settleOrphans({ token, kept: owned.map(({ model }) => model), gone: unowned, left: [] });
  }

  private ports(onCall: OnCall = undisturbed): Ports {
    const repository: Partial<ModelRepository> = {
      register: async (model) => {
        await this.server.register(model);
        // A model that is refused may be there in part.
        if (this.refusal !== undefined) throw this.refusal;
      },
      unregister: (name) => {
        return this.isAway ? Promise.reject(new Error('nobody answers')) : this.server.unregister(name);
      },
      list: () => this.server.list(),
      describe: (name) => this.server.describe(name),
      scale: (name, workers) =>
        workers.minWorkers >= this.tooManyWorkers ? Promise.reject(full) : this.server.scale(name, workers),
    };
    const { endpoint, name, inference } = this.server;
    const server: Partial<ModelServer> = {
      ...{ endpoint, name, inference },
      repository: observed('modelServer', repository as ModelRepository, onCall),
    };
    const ports = {
      source: new InMemoryArchiveSource(new Map([['w.war', archive]])),
      ...{ archives: this.archives, specs: inMemorySpecReader, state: this.state, versions: this.versions },
      ...{ gateways: this.gateways, probes: this.probes, scaling: this.scaling, reports: this.reports },
      racePoints: { reach: () => Promise.resolve() },
    };
    const watched = Object.entries(ports).map(([name, port]) => [name, observed<object>(name, port, onCall)]);
    return {
      ...Object.fromEntries(watched),
      modelServers: new ModelServerFleet([server as ModelServer], silentLogger),
      ...{ logger: silentLogger, responseTimeoutMs: 1 },
    } as Ports;
  }
}

const jobOf = (operationId: string): JobContext => ({
  operationId,
  signal: new AbortController().signal,
  step: (_, run) => run(),
  concerns: () => undefined,
});
