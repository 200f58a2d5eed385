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

/** The models that one server holds. Every method may be called again after a crash: each is idempotent. */
export interface ModelRepository {
  /**
   * Makes the model servable. A model of that name with the same configuration is adopted, another one replaced.
   * Resolves when `minWorkers` (at least one) workers answer. When it rejects, the model may be there, in part or whole:
   * whoever asked removes it, if it is still his.
   *
   * @throws TorchweaveError `modelRejected` where the model is not there or at fault, `modelServerFull` where there is no room for it, else
   * `modelServerRefused`, each with the server's own words; `modelServerUnreachable`, `modelServerLate`,
   * `modelManagementDisabled`, `modelServerUnauthorized`.
   */
  register(model: ModelRegistration, signal: AbortSignal): Promise<void>;
  /** Removes the model and its workers; a model that is not there is no error. */
  unregister(name: string, signal: AbortSignal): Promise<void>;
  /** `maxWorkers: 0` ends all workers; otherwise at least one stays. */
  scale(name: string, workers: { minWorkers: number; maxWorkers: number }, signal: AbortSignal): Promise<void>;
  describe(name: string, signal: AbortSignal): Promise<ModelDescription | undefined>;
  /** The names of all models. */
  list(signal: AbortSignal): Promise<readonly string[]>;
}
