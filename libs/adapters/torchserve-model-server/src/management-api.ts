import { TorchweaveError } from '@torchweave/domain';
import type { HttpAnswer, HttpRequest } from '@torchweave/http-exchange';

import { readRefusal, refusedBy } from './error-mapping.js';
import type { HttpClient } from './http-client.js';
import { parseModelDescriptions, type TorchServeModel } from './model-description.js';
import { parseModelList } from './model-list.js';

const largestAnswer = 16 * 1024 * 1024;
const pageSize = 100;

/** The parameters of `POST /models` (http/messages/RegisterModelRequest.java). */
export interface NewModel {
  readonly name: string;
  /** A file of the model store, or a URL from which TorchServe fetches one. */
  readonly url: string;
  readonly initialWorkers: number;
  readonly batchSize: number;
  /** ms. */
  readonly maxBatchDelay: number;
  /** Seconds. */
  readonly responseTimeout: number;
}

export interface WorkerRange {
  readonly minWorkers: number;
  readonly maxWorkers: number;
}

/** How `POST /models` ended: `taken` when a model of that name is there, `fileExists` when the URL's file is in the store. */
export type CreateOutcome = 'created' | 'taken' | 'fileExists';

/**
 * TorchServe's management API (http/api/rest/ManagementRequestHandler.java), one method a call.
 *
 * Every method throws TorchweaveError `modelRejected`, `modelServerFull` or `modelServerRefused` with TorchServe's words, `modelServerUnreachable`, `modelServerLate`,
 * `modelServerUnauthorized`, POST and DELETE also `modelManagementDisabled`; the signal's reason when it is aborted.
 */
export class ManagementApi {
  constructor(
    private readonly client: HttpClient,
    private readonly options: { readonly endpoint: string; readonly timeoutMs: number },
  ) {}

  /** Loads a model and resolves when its workers are ready, or have failed. */
  async create(model: NewModel, signal: AbortSignal): Promise<CreateOutcome> {
    const query = new URLSearchParams({
      url: model.url,
      model_name: model.name,
      initial_workers: String(model.initialWorkers),
      batch_size: String(model.batchSize),
      max_batch_delay: String(model.maxBatchDelay),
      response_timeout: String(model.responseTimeout),
      synchronous: 'true',
    });
    const answer = await this.call('POST', `/models?${query.toString()}`, signal);
    if (answer.status === 409) return 'taken';
    if (answer.status === 500 && saysFileExists(answer)) return 'fileExists';
    this.assertDone(answer);
    return 'created';
  }

  /** Resolves when `minWorkers` workers are ready, or some are still starting. */
  async scale(name: string, { minWorkers, maxWorkers }: WorkerRange, signal: AbortSignal): Promise<void> {
    const query = `min_worker=${minWorkers}&max_worker=${maxWorkers}&synchronous=true`;
    this.assertDone(await this.call('PUT', `${modelPath(name)}?${query}`, signal));
  }

  /** The version that answers predictions; undefined when there is no such model. */
  async describe(name: string, signal: AbortSignal): Promise<TorchServeModel | undefined> {
    return (await this.descriptions(modelPath(name), signal))[0];
  }

  /** Every version of a model; none when there is no such model. */
  versions(name: string, signal: AbortSignal): Promise<readonly TorchServeModel[]> {
    return this.descriptions(`${modelPath(name)}/all`, signal);
  }

  /** Removes one version, the default one when none is given. Resolves to false when TorchServe has others that keep it. */
  async remove(name: string, version: string | undefined, signal: AbortSignal): Promise<boolean> {
    const path = version === undefined ? modelPath(name) : `${modelPath(name)}/${encodeURIComponent(version)}`;
    const answer = await this.call('DELETE', path, signal);
    if (answer.status === 404) return true;
    if (isDefaultOfSeveral(answer)) return false;
    this.assertDone(answer);
    return true;
  }

  /** The names of all models, page by page. */
  async list(signal: AbortSignal): Promise<readonly string[]> {
    const names: string[] = [];
    for (let token: string | undefined = '0'; token !== undefined;) {
      const answer: HttpAnswer = await this.call('GET', `/models?limit=${pageSize}&next_page_token=${token}`, signal);
      this.assertDone(answer);
      const page = this.read(answer, parseModelList);
      names.push(...page.names);
      token = page.nextPageToken;
    }
    return names;
  }

  private async descriptions(path: string, signal: AbortSignal): Promise<readonly TorchServeModel[]> {
    const answer = await this.call('GET', path, signal);
    if (answer.status === 404) return [];
    this.assertDone(answer);
    return this.read(answer, parseModelDescriptions);
  }

  private async call(method: HttpRequest['method'], path: string, signal: AbortSignal): Promise<HttpAnswer> {
    const { endpoint, timeoutMs } = this.options;
    const limits = { timeoutMs, signal, maxAnswerBytes: largestAnswer };
    const answer = await this.client.request({ method, path, headers: [] }, limits);
    if (answer.status === 405 && (method === 'POST' || method === 'DELETE')) {
      throw new TorchweaveError('modelManagementDisabled', { endpoint });
    }
    return answer;
  }

  private assertDone(answer: HttpAnswer): void {
    if (answer.status < 200 || answer.status > 299) throw refusedBy(this.options.endpoint, answer);
  }

  private read<T>(answer: HttpAnswer, parse: (body: Buffer) => T): T {
    try {
      return parse(answer.body);
    } catch (cause) {
      const message = 'The answer is not the JSON that TorchServe would send.';
      const { endpoint } = this.options;
      throw new TorchweaveError(
        'modelServerRefused',
        { endpoint, answered: String(answer.status), message },
        { cause },
      );
    }
  }
}

function modelPath(name: string): string {
  return `/models/${encodeURIComponent(name)}`;
}

/** util/ApiUtils.java, handleRegister; nothing but its words tells this failure from any other with status 500. */
function saysFileExists(answer: HttpAnswer): boolean {
  return readRefusal(answer).message.startsWith('Model file already exists ');
}

/** wlm/ModelVersionedRefs.java, removeVersionModel: the default version goes last. */
function isDefaultOfSeveral(answer: HttpAnswer): boolean {
  return answer.status >= 400 && readRefusal(answer).type === 'InvalidModelVersionException';
}
