import type {
  ArchiveStore,
  InferenceOptions,
  ModelDescription,
  ModelRegistration,
  ModelServer,
  UnpackedArchive,
} from '@torchweave/application';
import type { NodeInput, NodeOutput } from '@torchweave/domain';
import { resolveOptions, type PythonOptions, type ResolvedPythonOptions } from '../options.js';
import { inputFailure } from '../pool/check-input.js';
import type { ProcessStatus } from '../pool/process-supply.js';
import { Supervisor } from '../processes/supervisor.js';
import { HostedModel } from './hosted-model.js';
import { endpoint, inferenceError, modelNotFound, refusedByHandler, registrationError } from './model-errors.js';
import { readModelManifest } from './model-manifest.js';
import { ModelSource, type FetchModel } from './model-source.js';
import { SerialTasks } from './serial-tasks.js';
import { VirtualEnvironments } from './virtual-environments.js';

export interface LocalModelServerOptions extends PythonOptions {
  /** The folder of `.mar` files. */
  readonly modelStore: string;
  /** A store for models alone: whoever sweeps the workflows' one does not know which models are registered here. */
  readonly archives: ArchiveStore;
  /** For models given by URL; without it they are not found. */
  readonly fetchModel?: FetchModel;
  /** Installs a manifest's `requirementsFile` into a virtual environment of the model's own. Default false. */
  readonly installRequirements?: boolean;
  /** Where virtual environments are kept. Default: a temporary folder that goes with the server. */
  readonly environmentFolder?: string;
  /** Requests that may wait for one model. Default 100, as TorchServe's `job_queue_size`. */
  readonly jobQueueSize?: number;
  /** ms that a worker beyond the minimum idles before it ends. Default 30,000. */
  readonly idleWorkerMs?: number;
}

/** Hosts `.mar` models in Python processes of its own: for laptops and tests, where a TorchServe is too much. */
export class LocalModelServer implements ModelServer {
  readonly endpoint = endpoint;
  private readonly python: ResolvedPythonOptions;
  private readonly supervisor: Supervisor;
  private readonly source: ModelSource;
  private readonly environments: VirtualEnvironments;
  private readonly models = new Map<string, HostedModel>();
  private readonly changes = new SerialTasks();
  private closed = false;

  constructor(private readonly options: LocalModelServerOptions) {
    this.python = resolveOptions(options);
    this.supervisor = new Supervisor(this.python);
    this.source = new ModelSource(options);
    const { python, environment } = this.python;
    this.environments = new VirtualEnvironments({ python, environment, folder: options.environmentFolder });
  }

  /** The processes of each model, by its name. */
  get processes(): readonly (ProcessStatus & { readonly name: string })[] {
    return [...this.models].map(([name, model]) => ({ name, ...model.processes }));
  }

  async register(model: ModelRegistration, signal: AbortSignal): Promise<void> {
    await this.changes.run(model.name, () => this.registerNow(model, signal));
  }

  async unregister(name: string, _signal: AbortSignal): Promise<void> {
    await this.changes.run(name, async () => {
      const model = this.models.get(name);
      this.models.delete(name);
      await model?.close();
    });
  }

  /** `maxWorkers: 0` ends all workers; otherwise at least one stays. */
  async scale(name: string, workers: { minWorkers: number; maxWorkers: number }, _signal: AbortSignal): Promise<void> {
    await this.changes.run(name, async () => {
      const model = this.models.get(name);
      if (model === undefined) throw modelNotFound(name);
      try {
        await model.scale(workers);
      } catch (error) {
        throw registrationError(name, error);
      }
    });
  }

  describe(name: string, _signal: AbortSignal): Promise<ModelDescription | undefined> {
    return Promise.resolve(this.models.get(name)?.describe());
  }

  list(_signal: AbortSignal): Promise<readonly string[]> {
    return Promise.resolve([...this.models.keys()]);
  }

  /** Starts Python when it does not run yet. */
  async isHealthy(_signal: AbortSignal): Promise<boolean> {
    try {
      await this.supervisor.start();
      return true;
    } catch {
      return false;
    }
  }

  async infer(name: string, input: NodeInput, options: InferenceOptions): Promise<NodeOutput> {
    const model = this.models.get(name);
    if (model === undefined) throw modelNotFound(name);
    const { requestId, timeoutMs, signal } = options;
    // TorchServe's handlers find the id of the request there.
    const headers = { ...options.headers, 'x-request-id': requestId };
    let output;
    try {
      const failure = inputFailure(input, this.python.maxRequestBytes);
      if (failure !== undefined) throw failure;
      output = await model.infer({ entry: 0, input, requestId, headers, timeoutMs, signal });
    } catch (error) {
      throw inferenceError(name, error);
    }
    const refusal = refusedByHandler(output);
    if (refusal !== undefined) throw refusal;
    const { status: _status, ...answer } = output;
    return answer;
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.models.values()].map((model) => model.terminate()));
    this.models.clear();
    await this.supervisor.close();
    await this.environments.close();
  }

  private async registerNow(model: ModelRegistration, signal: AbortSignal): Promise<void> {
    const before = this.models.get(model.name);
    if (before?.isAsAsked(model)) return;
    let hosted: HostedModel;
    try {
      hosted = await this.host(model, signal);
    } catch (error) {
      throw registrationError(model.name, error);
    }
    this.models.set(model.name, hosted);
    if (this.closed) await hosted.terminate();
    await before?.close();
  }

  private async host(model: ModelRegistration, signal: AbortSignal): Promise<HostedModel> {
    signal.throwIfAborted();
    const archive = await this.source.open(model.url, signal);
    const { requirementsFile } = await readModelManifest(archive, model.url);
    const supervisor =
      requirementsFile === undefined ? this.supervisor : await this.withRequirements(archive, requirementsFile, model);
    const hosted = new HostedModel(model, {
      supervisor,
      ownsSupervisor: supervisor !== this.supervisor,
      archive,
      jobQueueSize: this.options.jobQueueSize ?? 100,
      idleWorkerMs: this.options.idleWorkerMs ?? 30_000,
      logger: this.options.logger,
    });
    await hosted.start(signal);
    return hosted;
  }

  /** A supervisor with an interpreter of the model's own, since a forked process has its parent's packages. */
  private async withRequirements(
    archive: UnpackedArchive,
    requirementsFile: string,
    model: ModelRegistration,
  ): Promise<Supervisor> {
    if (!(this.options.installRequirements ?? false)) {
      const event = { model: model.name, requirementsFile };
      this.options.logger.warn(event, 'the requirements of the model are not installed: installRequirements is off');
      return this.supervisor;
    }
    const python = await this.environments.pythonFor(archive, requirementsFile);
    return new Supervisor({ ...this.python, python });
  }
}
