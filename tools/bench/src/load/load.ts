/** One load: `clients` connections, each of which sends its next request when the last one is answered. */
export interface LoadPlan {
  /** `{n}` in it stands for a random whole number below `below`. */
  readonly url: string;
  readonly clients: number;
  readonly seconds: number;
  readonly method: 'GET' | 'POST';
  /** Of the body of every request, `x` over and over, sent as application/octet-stream. 0: no body. */
  readonly bodyBytes: number;
  readonly below?: number;
}

/** What went wrong during a load. */
export interface LoadErrors {
  /** Answers with a status of 400 and above, or, where the generator can tell, any but 2xx. */
  readonly status: number;
  /** Connections that could not be made, were reset or broke off. */
  readonly socket: number;
  /** Answers that were not there after {@link timeoutSeconds}. */
  readonly timeout: number;
}

/** What a load came to. */
export interface LoadResult {
  /** Answers without an error, a second. */
  readonly perSecond: number;
  /** Answers without an error. */
  readonly succeeded: number;
  /** Of all answers, errors included. NaN where there was none. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: LoadErrors;
}

/** A program that makes load. */
export interface LoadGenerator {
  /** With its version, for the report. */
  readonly name: string;
  run(plan: LoadPlan): Promise<LoadResult>;
}

/** Longer than TorchServe's node timeout of 10 s: a request that waits one out is counted as slow, not as lost. */
export const timeoutSeconds = 12;

/** All errors together. */
export const errorCount = ({ status, socket, timeout }: LoadErrors): number => status + socket + timeout;
