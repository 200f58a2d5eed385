import type { InferenceOptions, ModelDescription, ModelInference } from '@torchweave/application';
import type { ModelRegistration, ModelRepository, ModelServer } from '@torchweave/application';
import type { NodeInput, NodeOutput } from '@torchweave/domain';
import { SerialTasks } from '@torchweave/kernel';
import { resolveOptions, type PythonOptions, type ResolvedPythonOptions } from '../options.js';
import { inputFailure } from '../pool/check-input.js';
import type { ProcessStatus } from '../pool/process-supply.js';
import { ProcessLoadError } from '../processes/python-process.js';
import { Supervisor } from '../processes/supervisor.js';
import { HostedModel, workerLimitsOf } from './hosted-model.js';
import {
  endpoint,
  inferenceError,
  modelNotFound,
  refusedByHandler,
  registrationError,
  rejected,
} from './model-errors.js';
import { readModelManifest } from './model-manifest.js';
import { ModelSource, type ModelFiles, type ModelSourceOptions } from './model-source.js';
import { ProcessBudget } from './process-budget.js';
import { VirtualEnvironments } from './virtual-environments.js';

export interface LocalModelServerOptions extends PythonOptions, ModelSourceOptions {
  /** Installs a manifest's `requirementsFile` into a virtual environment of the model's own. Default false. */
  readonly installRequirements?: boolean;
  /** Where virtual environments are kept. Default: a temporary folder that goes with the server. */
  readonly environmentFolder?: string;
  /** Requests that may wait for one model, first come first served; one more is refused. Default 1,024. */
  readonly jobQueueSize?: number;
  /** Processes of all models together. Default 256. */
  readonly maxProcesses?: number;
  /** ms that a worker beyond the minimum idles before it ends. Default 30,000. */
  readonly idleWorkerMs?: number;
}

/** Hosts `.mar` models in Python processes of its own: for laptops and tests, where a TorchServe is too much. */
export class LocalModelServer implements ModelServer, ModelRepository, ModelInference {
  readonly endpoint = endpoint;
  readonly name = endpoint;
  readonly repository: ModelRepository = this;
  readonly inference: ModelInference = this;
  private readonly python: ResolvedPythonOptions;
  private readonly supervisor: Supervisor;
  private readonly source: ModelSource;
  private readonly environments: VirtualEnvironments;
  private readonly models = new Map<string, HostedModel>();
  private readonly changes = new SerialTasks();
  private readonly budget: ProcessBudget;
  private readonly queueSize: number;
  private closed = false;

  constructor(private readonly options: LocalModelServerOptions) {
    this.python = resolveOptions(options);
    this.supervisor = new Supervisor(this.python);
    this.source = new ModelSource(options, () => this.supervisor.nextFolder());
    this.queueSize = options.jobQueueSize ?? 1_024;
    this.budget = new ProcessBudget(options.maxProcesses ?? 256);
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
      this.budget.free(name);
    });
  }

  async scale(name: string, workers: { minWorkers: number; maxWorkers: number }, _signal: AbortSignal): Promise<void> {
    await this.changes.run(name, async () => {
      const model = this.models.get(name);
      if (model === undefined) throw rejected(`Model not found: ${name}`);
      try {
        this.budget.take(name, workerLimitsOf(workers)[0]);
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
      throw inferenceError(name, error, { queueSize: this.queueSize, timeoutMs });
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
    await Promise.all([this.environments.close(), this.source.close()]);
  }

  private async registerNow(model: ModelRegistration, signal: AbortSignal): Promise<void> {
    const before = this.models.get(model.name);
    if (before?.isAsAsked(model)) return;
    let hosted: HostedModel;
    try {
      this.budget.take(model.name, workerLimitsOf(model)[0]);
      hosted = await this.host(model, signal);
    } catch (error) {
      // What was there before stays, and what it had taken.
      if (before === undefined) this.budget.free(model.name);
      else this.budget.keep(model.name, before.keptProcesses);
      throw registrationError(model.name, error);
    }
    this.models.set(model.name, hosted);
    if (this.closed) await hosted.terminate();
    await before?.close();
  }

  private async host(model: ModelRegistration, signal: AbortSignal): Promise<HostedModel> {
    const files = await this.source.open(model, signal);
    let isInstalled = false;
    const onEnded = async (): Promise<void> => {
      await this.source.remove(files.directory);
      if (isInstalled) await this.environments.release(files);
      isInstalled = false;
    };
    try {
      const { requirementsFile } = await readModelManifest(files.directory, model.url);
      isInstalled = requirementsFile !== undefined && this.options.installRequirements === true;
      if (requirementsFile !== undefined && !isInstalled) this.warnOfRequirements(model.name, requirementsFile);
      const supervisor = isInstalled ? await this.installed(files, requirementsFile) : this.supervisor;
      const hosted = new HostedModel(model, {
        supervisor,
        ownsSupervisor: supervisor !== this.supervisor,
        directory: files.directory,
        jobQueueSize: this.queueSize,
        idleWorkerMs: this.options.idleWorkerMs ?? 30_000,
        mayGrow: () => this.heldProcesses < this.budget.limit,
        onEnded,
        logger: this.options.logger,
      });
      await hosted.start(signal).catch((error: unknown) => {
        throw isInstalled || requirementsFile === undefined ? error : withoutRequirements(error, requirementsFile);
      });
      return hosted;
    } catch (error) {
      await onEnded();
      throw error;
    }
  }

  private get heldProcesses(): number {
    let held = 0;
    for (const model of this.models.values()) held += model.heldProcesses;
    return held;
  }

  private warnOfRequirements(model: string, requirementsFile: string): void {
    const message = 'the requirements of the model are not installed: install_py_dep_per_model is off';
    this.options.logger.warn({ model, requirementsFile }, message);
  }

  /** A supervisor with an interpreter of the model's own, since a forked process has its parent's packages. */
  private async installed(files: ModelFiles, requirementsFile: string | undefined): Promise<Supervisor> {
    if (requirementsFile === undefined) return this.supervisor;
    const python = await this.environments.pythonFor(files, requirementsFile);
    return new Supervisor({ ...this.python, python });
  }
}

/** Tells of a model that does not load that what it asks for was not installed: that is the likeliest cause. */
function withoutRequirements(error: unknown, requirementsFile: string): unknown {
  if (!(error instanceof ProcessLoadError)) return error;
  const hint = `Its ${requirementsFile} was not installed: set install_py_dep_per_model=true, or install what it names`;
  return new ProcessLoadError(
    `${error.reason}. ${hint} for the Python of this server`,
    error.functionName,
    error.isFromOutside,
    error.isRaised,
    error.place,
  );
}
