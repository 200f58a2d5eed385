import type { Logger, ModelDescription, ModelRegistration } from '@torchweave/application';
import { setMaxListeners } from 'node:events';
import { ProcessPool, type PoolSettings } from '../pool/process-pool.js';
import type { CallRequest } from '../pool/call.js';
import type { ProcessStatus } from '../pool/process-supply.js';
import type { Supervisor } from '../processes/supervisor.js';
import type { RowOutput } from '../protocol/answer-frame.js';

export interface HostedModelOptions {
  readonly supervisor: Supervisor;
  /** True when the supervisor is this model's own, and ends with it. */
  readonly ownsSupervisor: boolean;
  /** The model's own folder. */
  readonly directory: string;
  readonly jobQueueSize: number;
  /** False while no process may be added to those that are asked for at least. */
  readonly mayGrow: () => boolean;
  readonly idleWorkerMs: number;
  /** Called when no process of the model is left. */
  readonly onEnded: () => Promise<void>;
  readonly logger: Logger;
}

/** One registered model and its workers. */
export class HostedModel {
  private readonly pool: ProcessPool;

  constructor(
    private registration: ModelRegistration,
    private readonly options: HostedModelOptions,
  ) {
    const { supervisor, directory, logger } = options;
    const { name, batchSize } = registration;
    const loadable = { kind: 'model', directory, modelName: name, batchSize } as const;
    this.pool = new ProcessPool(supervisor, loadable, { model: name }, this.settings(), logger);
  }

  /** Resolves when the workers answer. @throws ProcessLoadError; the reason of `signal` when it is aborted. */
  async start(signal: AbortSignal): Promise<void> {
    let abort: () => void = () => undefined;
    const aborted = new Promise<void>((resolve) => (abort = resolve));
    // All models of a workflow share it: that is no leak to warn of.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([this.pool.start(), aborted]);
      signal.throwIfAborted();
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** True when `model` asks for what is here. */
  isAsAsked(model: ModelRegistration): boolean {
    const { url, archive, minWorkers, maxWorkers, batchSize, maxBatchDelay, responseTimeoutMs } = this.registration;
    return (
      url === model.url &&
      archive?.digest === model.archive?.digest &&
      minWorkers === model.minWorkers &&
      maxWorkers === model.maxWorkers &&
      batchSize === model.batchSize &&
      maxBatchDelay === model.maxBatchDelay &&
      responseTimeoutMs === model.responseTimeoutMs
    );
  }

  infer(request: CallRequest): Promise<RowOutput> {
    return this.pool.submit(request);
  }

  async scale(workers: { minWorkers: number; maxWorkers: number }): Promise<void> {
    this.registration = { ...this.registration, ...workers };
    await this.pool.resize(...this.workerLimits());
  }

  describe(): ModelDescription {
    const { name, url, minWorkers, maxWorkers, batchSize, maxBatchDelay } = this.registration;
    const readyWorkers = this.pool.readyProcesses;
    return { name, url, minWorkers, maxWorkers, batchSize, maxBatchDelay, readyWorkers };
  }

  /** Processes that it keeps, whether they run at this moment or not. */
  get keptProcesses(): number {
    return this.workerLimits()[0];
  }

  /** Processes that there are, or that it keeps: whichever is more. */
  get heldProcesses(): number {
    return Math.max(this.keptProcesses, this.pool.presentProcesses);
  }

  get processes(): ProcessStatus {
    return this.pool.status;
  }

  /** Takes no more requests, lets those under way end, and ends the workers. */
  async close(): Promise<void> {
    await this.pool.close('the model is unregistered');
    if (this.options.ownsSupervisor) await this.options.supervisor.close();
    await this.options.onEnded();
  }

  /** Fails all requests and ends the workers at once. */
  async terminate(): Promise<void> {
    this.pool.terminate('the model server is closed');
    if (this.options.ownsSupervisor) await this.options.supervisor.close();
  }

  private settings(): PoolSettings {
    const { batchSize, maxBatchDelay, responseTimeoutMs } = this.registration;
    const [minProcesses, maxProcesses] = this.workerLimits();
    return {
      minProcesses,
      maxProcesses,
      batchSize: Math.max(1, batchSize),
      maxBatchDelayMs: maxBatchDelay,
      executionLimitMs: responseTimeoutMs,
      maxQueued: this.options.jobQueueSize,
      sendAhead: false,
      idleMs: this.options.idleWorkerMs,
      mayGrow: this.options.mayGrow,
    };
  }

  private workerLimits(): [min: number, max: number] {
    return workerLimitsOf(this.registration);
  }
}

/** At least one worker, unless the model is scaled down to none. */
export function workerLimitsOf(workers: { minWorkers: number; maxWorkers: number }): [min: number, max: number] {
  if (workers.maxWorkers === 0) return [0, 0];
  const min = Math.max(1, workers.minWorkers);
  return [min, Math.max(min, workers.maxWorkers)];
}
