import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger, ModelRegistration } from '@torchweave/application';
import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';

import { archiveFileOf, isSameModel, newModelOf, workersOf } from './desired-model.js';
import type { CreateOutcome, ManagementApi, WorkerRange } from './management-api.js';
import { SerialTasks } from './serial-tasks.js';

const attempts = 3;
/** How long a model that is there may take until its workers are ready, before it is replaced. */
const readinessTimeoutMs = 10_000;
const readinessPollMs = 50;

/** What the registrar needs of {@link ManagementApi}. */
export type ModelCommands = Pick<ManagementApi, 'create' | 'scale' | 'describe' | 'versions' | 'remove'>;

export interface ModelRegistrarOptions {
  readonly endpoint: string;
  readonly logger: Logger;
}

/** Brings one model server to hold a model as it was asked for. */
export class ModelRegistrar {
  private readonly downloads = new SerialTasks();

  constructor(
    private readonly api: ModelCommands,
    private readonly options: ModelRegistrarOptions,
  ) {}

  /**
   * Describes before it creates: TorchServe unpacks the archive of every `POST /models` before it looks at the name, and
   * leaves the unpacked folder behind when that is taken. A description takes some 2 ms.
   */
  async register(model: ModelRegistration, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const held = await this.api.describe(model.name, signal);
      if (held !== undefined) {
        if (isSameModel(held, model) && (await this.adopt(model, signal))) return;
        await this.unregister(model.name, signal);
      }
      if (await this.createAndBringUp(model, signal)) return;
    }
    const message = `Model ${model.name} is registered by others again and again.`;
    throw new TorchweaveError('modelServerRefused', { endpoint: this.options.endpoint, status: 409, message });
  }

  /** Removes every version of a model, the default one last, as TorchServe demands. */
  async unregister(name: string, signal: AbortSignal): Promise<void> {
    if (await this.api.remove(name, undefined, signal)) return;
    const defaultVersion = (await this.api.describe(name, signal))?.version;
    const versions = await this.api.versions(name, signal);
    for (const { version } of versions) {
      if (version !== defaultVersion) await this.api.remove(name, version, signal);
    }
    await this.api.remove(name, undefined, signal);
  }

  /** Scales as asked; to no worker at all where `maxWorkers` is 0. */
  scale(name: string, workers: WorkerRange, signal: AbortSignal): Promise<void> {
    return this.api.scale(name, workers.maxWorkers === 0 ? workers : workersOf(workers), signal);
  }

  /** False when the model that is there cannot be brought up: then it is replaced. */
  private async adopt(model: ModelRegistration, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.bringUp(model, signal);
    } catch (error) {
      if (isTorchweaveError(error, 'modelServerRefused')) return false;
      throw error;
    }
  }

  /**
   * False when others have registered the name meanwhile. What has failed is left as it is: only whoever asked knows whether
   * it is still his to remove.
   */
  private async createAndBringUp(model: ModelRegistration, signal: AbortSignal): Promise<boolean> {
    if ((await this.create(model, signal)) === 'taken') return false;
    if (await this.bringUp(model, signal)) return true;
    const message = `The workers of model ${model.name} are not ready.`;
    throw new TorchweaveError('modelServerRefused', { endpoint: this.options.endpoint, status: 503, message });
  }

  private async create(model: ModelRegistration, signal: AbortSignal): Promise<CreateOutcome> {
    const file = archiveFileOf(model.url);
    if (file === undefined) return this.api.create(newModelOf(model), signal);
    // A second request for the same URL would find the first one's half-written file.
    const outcome = await this.downloads.run(file, () => this.api.create(newModelOf(model), signal));
    if (outcome !== 'fileExists') return outcome;
    this.options.logger.info(
      { model: model.name, file },
      'the file of the URL is in the model store already: registering it',
    );
    return this.api.create({ ...newModelOf(model), url: file }, signal);
  }

  /** Scales the workers where they differ and waits until they are ready; false when they are not in time, or gone. */
  private async bringUp(model: ModelRegistration, signal: AbortSignal): Promise<boolean> {
    const workers = workersOf(model);
    const deadline = performance.now() + readinessTimeoutMs;
    let isScaled = false;
    for (;;) {
      const held = await this.api.describe(model.name, signal);
      if (held === undefined) return false;
      if (!isScaled && !hasWorkers(held, workers)) {
        await this.api.scale(model.name, workers, signal);
        isScaled = true;
      } else if (held.readyWorkers >= workers.minWorkers) {
        return true;
      } else if (performance.now() > deadline) {
        return false;
      } else {
        await sleep(readinessPollMs, undefined, { signal });
      }
    }
  }
}

function hasWorkers(held: WorkerRange, wanted: WorkerRange): boolean {
  return held.minWorkers === wanted.minWorkers && held.maxWorkers === wanted.maxWorkers;
}
