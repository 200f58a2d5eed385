import type { NodeInput, NodeOutput } from '@torchweave/domain';
import type { CancellationSignal } from '@torchweave/kernel';

/** The bytes of a model that was fetched from its URL. */
export interface ModelArchive {
  /** sha-256, lower-case hex. */
  readonly digest: string;
  /** May be called several times. @throws TorchweaveError `archiveUnreadable`. */
  read(): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }>;
}

/** A model to be registered, with the numbers of the spec. */
export interface ModelRegistration {
  /** `<workflow>__<node>`. */
  readonly name: string;
  /** A file of the model server's own store; a URL only together with its {@link archive}. */
  readonly url: string;
  /** What the URL gave. The model server takes these bytes: it fetches nothing from where a spec says. */
  readonly archive?: ModelArchive;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  /** ms. */
  readonly maxBatchDelay: number;
  /** ms that one inference may take inside the model server. */
  readonly responseTimeoutMs: number;
}

/** What a model server tells of a model it holds. */
export interface ModelDescription {
  readonly name: string;
  readonly url: string;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly batchSize: number;
  readonly maxBatchDelay: number;
  /** Workers that can take a request now. */
  readonly readyWorkers: number;
}

export interface InferenceOptions {
  readonly requestId: string;
  /** The client's headers that models may see. */
  readonly headers: Readonly<Record<string, string>>;
  /** ms; when they are over the call rejects with `modelServerLate`. */
  readonly timeoutMs: number;
  readonly signal: CancellationSignal;
  /** True where the model may be given several requests at once: what goes wrong then may be another client's doing. */
  readonly isBatched?: boolean;
}

/** One model server. Every method may be called again after a crash: each is idempotent. */
export interface ModelServer {
  /** A short stable name for logs and metrics: the management address, or `local`. */
  readonly endpoint: string;
  /** What answers to clients call it: no address. */
  readonly name: string;
  /**
   * Makes the model servable. A model of that name with the same configuration is adopted, another one replaced.
   * Resolves when `minWorkers` (at least one) workers answer. When it rejects, the model may be there, in part or whole:
   * whoever asked removes it, if it is still his.
   *
   * @throws TorchweaveError `modelServerRefused` with the server's own words, `modelServerUnreachable`, `modelServerLate`,
   * `modelManagementDisabled`, `modelServerUnauthorized`.
   */
  register(model: ModelRegistration, signal: AbortSignal): Promise<void>;
  /** Removes the model and its workers; a model that is not there is no error. */
  unregister(name: string, signal: AbortSignal): Promise<void>;
  scale(name: string, workers: { minWorkers: number; maxWorkers: number }, signal: AbortSignal): Promise<void>;
  describe(name: string, signal: AbortSignal): Promise<ModelDescription | undefined>;
  /** The names of all models. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** True when the server can take requests. Never rejects. */
  isHealthy(signal: AbortSignal): Promise<boolean>;
  /**
   * Runs the model on one input. When it resolves, nothing reads the input any more, nor shares the output
   * any of its memory.
   *
   * @throws TorchweaveError `modelServerRefused` (status and words of the server: 404 model missing, 503 no worker or
   * queue full, any other from the handler), `modelServerUnreachable`, `modelServerLate`; `overloaded` when more wait than may.
   * Never what a handler said of another request of its batch.
   */
  infer(name: string, input: NodeInput, options: InferenceOptions): Promise<NodeOutput>;
  /** Ends connections and processes. */
  close(): Promise<void>;
}
