import type { Logger, ModelInference, ModelRepository, ModelServer } from '@torchweave/application';
import type { HttpRequest } from '@torchweave/http-exchange';

import { ArchiveOffers } from './archive-offers.js';
import { refusedBy } from './error-mapping.js';
import { HttpClient } from './http-client.js';
import { InferenceApi } from './inference-api.js';
import { KeyRing, type KeyKind, type KeySource } from './keys.js';
import { ManagementApi } from './management-api.js';
import { ModelRegistrar } from './model-registrar.js';

const managementConnections = 32;
const healthConnections = 2;
const tokenTimeoutMs = 5_000;
const largestTokenAnswer = 65_536;

export interface TorchServeModelServerOptions extends KeySource {
  /** What answers call it. Default `torchserve`. */
  readonly name?: string;
  /** `http://HOST:PORT` of the management API, a path prefix allowed. */
  readonly managementUrl: string;
  readonly inferenceUrl: string;
  /** Inferences that may be under way at once; others wait. Default 64. TorchServe queues 100 a model. */
  readonly connections?: number;
  /** ms that one management call may take, loading a model included. Default 120,000. */
  readonly managementTimeoutMs?: number;
  /** An answer beyond is refused with 413. Default 6,553,500, TorchServe's own max_response_size. */
  readonly maxResponseBytes?: number;
  /** Where TorchServe fetches models that were given by URL; several servers may share one. Default: one of its own. */
  readonly offers?: ArchiveOffers;
  /** What else to say of an archive of its store whose workers do not start; TorchServe's own words name no cause. */
  readonly hintOf?: (url: string) => Promise<string | undefined>;
  readonly logger: Logger;
}

/** A TorchServe 0.12, started with `--enable-model-api`. */
export class TorchServeModelServer implements ModelServer {
  readonly endpoint: string;
  readonly name: string;
  readonly repository: ModelRepository;
  readonly inference: ModelInference;
  private readonly clients: Readonly<Record<'management' | 'inference' | 'health', HttpClient>>;
  constructor(options: TorchServeModelServerOptions) {
    this.name = options.name ?? 'torchserve';
    const managementUrl = new URL(options.managementUrl);
    const inferenceUrl = new URL(options.inferenceUrl);
    this.endpoint = managementUrl.origin + managementUrl.pathname.replace(/\/+$/, '');
    const keys = new KeyRing(options, (kind, apiKey) => this.requestRenewal(kind, apiKey), options.logger);
    const client = (baseUrl: URL, keyKind: KeyKind, connections: number): HttpClient =>
      new HttpClient({ baseUrl, keyKind, connections, keys, endpoint: this.endpoint });
    this.clients = {
      management: client(managementUrl, 'management', managementConnections),
      inference: client(inferenceUrl, 'inference', options.connections ?? 64),
      health: client(inferenceUrl, 'inference', healthConnections),
    };
    const { endpoint } = this;
    const management = new ManagementApi(this.clients.management, {
      endpoint,
      timeoutMs: options.managementTimeoutMs ?? 120_000,
    });
    const offers = options.offers ?? new ArchiveOffers({ logger: options.logger });
    const towards = { url: managementUrl, endpoint };
    this.repository = new ModelRegistrar(management, {
      endpoint,
      offer: (archive, file) => offers.offer(archive, file, towards),
      ...(options.hintOf === undefined ? {} : { hintOf: options.hintOf }),
      logger: options.logger,
    });
    this.inference = new InferenceApi(this.clients.inference, this.clients.health, {
      endpoint,
      maxResponseBytes: options.maxResponseBytes ?? 6_553_500,
      forwardsAuthorization: options.keyFile === undefined && options.keys?.inference === undefined,
    });
  }

  /** Ends all connections at once; calls under way reject. */
  close(): Promise<void> {
    for (const client of Object.values(this.clients)) client.close();
    return Promise.resolve();
  }

  private async requestRenewal(kind: KeyKind, apiKey: string): Promise<void> {
    const limits = {
      timeoutMs: tokenTimeoutMs,
      signal: new AbortController().signal,
      maxAnswerBytes: largestTokenAnswer,
    };
    const request: HttpRequest = { method: 'GET', path: `/token?type=${kind}`, headers: [] };
    const answer = await this.clients.management.send(request, apiKey, limits);
    if (answer.status !== 200) throw refusedBy(this.endpoint, answer);
  }
}
