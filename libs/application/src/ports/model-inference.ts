import type { NodeInput, NodeOutput } from '@torchweave/domain';
import type { CancellationSignal } from '@torchweave/kernel';

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

/** Inferences by the models of one server. What has gone wrong is said in these words, whatever its protocol says. */
export interface ModelInference {
  /**
   * Runs the model on one input. When it resolves, nothing reads the input any more, nor shares the output
   * any of its memory.
   *
   * @throws TorchweaveError `modelRaised` with what the model has to say to the client, where {@link reachesClient} lets its status
   * through; `modelFailed` where it has failed without; `modelMissing`; `modelBusy`; `modelServerRefused` for any other answer;
   * `modelServerUnreachable`, `modelServerLate`, `modelServerUnauthorized`; `overloaded` when more wait than may; the signal's
   * reason when it is aborted. Never what a model said of another request of its batch.
   */
  infer(name: string, input: NodeInput, options: InferenceOptions): Promise<NodeOutput>;
  /** True when the server can take requests. Never rejects. */
  isHealthy(signal: AbortSignal): Promise<boolean>;
}

/** Statuses by which servers speak of themselves: of a model's, a client would take them for ours. */
const serverStatuses = new Set([404, 405, 408, 413, 429, 500, 502, 503, 504, 507]);

/** Whether a client is answered with that status where a model names it. */
export const reachesClient = (status: number): boolean => status >= 400 && status <= 599 && !serverStatuses.has(status);
