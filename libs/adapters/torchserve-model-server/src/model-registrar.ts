import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type {
  Logger,
  ModelArchive,
  ModelDescription,
  ModelRegistration,
  ModelRepository,
} from '@torchweave/application';
import { isRefused, isTorchweaveError, isUrl, TorchweaveError } from '@torchweave/domain';

import type { ArchiveOffer } from './archive-offers.js';
import { deliveredFile } from './delivered-archive.js';
import { isSameModel, newModelOf, workersOf } from './desired-model.js';
import type { CreateOutcome, ManagementApi, WorkerRange } from './management-api.js';

const attempts = 3;
/** How long a model that is there may take until its workers are ready, before it is replaced. */
const readinessTimeoutMs = 10_000;
const readinessPollMs = 50;

const notFetched =
  'TorchServe does not fetch the archive from this server, which has fetched it from its URL. TorchServe must be able to connect to the ' +
  'worker, and its allowed_urls must allow http:// addresses of the worker; model_delivery_address sets where that is.';

/** What the registrar needs of {@link ManagementApi}. */
export type ModelCommands = Pick<ManagementApi, 'create' | 'scale' | 'describe' | 'versions' | 'remove' | 'list'>;

export interface ModelRegistrarOptions {
  readonly endpoint: string;
  /** Lets TorchServe fetch an archive from us, under that name. */
  readonly offer: (archive: ModelArchive, file: string) => Promise<ArchiveOffer>;
  /** What else to say of an archive whose workers do not start. */
  readonly hintOf?: (url: string) => Promise<string | undefined>;
  readonly logger: Logger;
}

/** The models of one TorchServe: brings it to hold a model as it was asked for. */
export class ModelRegistrar implements ModelRepository {
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
    throw this.refused(`Model ${model.name} is registered by others again and again.`);
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

  /** TorchServe mishandles a minimum of 0 where the maximum is more. */
  scale(name: string, workers: WorkerRange, signal: AbortSignal): Promise<void> {
    return this.api.scale(name, workers.maxWorkers === 0 ? workers : workersOf(workers), signal);
  }

  describe(name: string, signal: AbortSignal): Promise<ModelDescription | undefined> {
    return this.api.describe(name, signal);
  }

  list(signal: AbortSignal): Promise<readonly string[]> {
    return this.api.list(signal);
  }

  /** False when the model that is there cannot be brought up: then it is replaced. */
  private async adopt(model: ModelRegistration, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.bringUp(model, signal);
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  }

  /**
   * False when others have registered the name meanwhile. What has failed is left as it is: only whoever asked knows whether
   * it is still his to remove.
   */
  private async createAndBringUp(model: ModelRegistration, signal: AbortSignal): Promise<boolean> {
    try {
      if ((await this.create(model, signal)) === 'taken') return false;
      if (await this.bringUp(model, signal)) return true;
    } catch (error) {
      throw await this.withHint(error, model);
    }
    throw this.refused(`The workers of model ${model.name} are not ready.`);
  }

  private async withHint(error: unknown, { url }: ModelRegistration): Promise<unknown> {
    if (!isTorchweaveError(error, 'modelServerRefused')) return error;
    const hint = await this.options.hintOf?.(url);
    if (hint === undefined) return error;
    const message = `${error.data.message.replace(/\.$/, '')}. ${hint}`;
    return new TorchweaveError(error.code, { ...error.data, message }, { cause: error });
  }

  private async create(model: ModelRegistration, signal: AbortSignal): Promise<CreateOutcome> {
    const { archive, url } = model;
    if (archive !== undefined) return this.deliver(model, archive, signal);
    // TorchServe would fetch it, from wherever it leads.
    if (isUrl(url)) {
      const { endpoint } = this.options;
      throw new TorchweaveError('modelRejected', { endpoint, message: `Model not found at: ${url}` });
    }
    return this.api.create(newModelOf(model), signal);
  }

  /**
   * Has TorchServe fetch the archive from us. What lies in its store under the archive's name is the archive: it stayed
   * behind when TorchServe ended. Should it be half of it, it is fetched under another name.
   */
  private async deliver(model: ModelRegistration, archive: ModelArchive, signal: AbortSignal): Promise<CreateOutcome> {
    const file = await deliveredFile(archive, model.name);
    const outcome = await this.fetchFromUs(model, archive, file, signal);
    if (outcome !== 'fileExists') return outcome;
    this.options.logger.info({ model: model.name, file }, 'the archive is in the model store already');
    try {
      return await this.api.create({ ...newModelOf(model), url: file }, signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const another = await deliveredFile(archive, model.name, randomBytes(4).toString('hex'));
      return this.fetchFromUs(model, archive, another, signal);
    }
  }

  private async fetchFromUs(
    model: ModelRegistration,
    archive: ModelArchive,
    file: string,
    signal: AbortSignal,
  ): Promise<CreateOutcome> {
    const offer = await this.options.offer(archive, file);
    try {
      return await this.api.create({ ...newModelOf(model), url: offer.url }, signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      // Its words name an address that is nobody's business, and of no use any more.
      const message = offer.isFetched ? error.data.message.replaceAll(offer.url, model.url) : notFetched;
      throw new TorchweaveError(error.code, { ...error.data, message }, { cause: error });
    } finally {
      offer.withdraw();
    }
  }

  private refused(message: string): TorchweaveError {
    return new TorchweaveError('modelServerRefused', { endpoint: this.options.endpoint, message });
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
