import type { ModelInference } from './model-inference.js';
import type { ModelRepository } from './model-repository.js';

/** One model server, of whatever kind. */
export interface ModelServer {
  /** A short stable name for logs and metrics: the management address, or `local`. */
  readonly endpoint: string;
  /** What answers to clients call it: no address. */
  readonly name: string;
  readonly inference: ModelInference;
  /** Absent where it takes no models from us: what it has, it has. */
  readonly repository?: ModelRepository;
  /** Ends connections and processes. */
  close(): Promise<void>;
}

/** A model server that takes models from us. */
export type ManagedModelServer = ModelServer & { readonly repository: ModelRepository };
