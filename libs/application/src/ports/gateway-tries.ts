/** bytes of a request that may be tried from the operator's page. */
export const longestTry = 4 * 1024 * 1024;
/** bytes of an answer that are brought back; the rest is cut off. */
export const longestTriedAnswer = 1024 * 1024;

/** A prediction that an operator wants to see. */
export interface Try {
  readonly requestId: string;
  readonly workflow: string;
  /** Absent for whichever serves. */
  readonly version?: number;
  readonly contentType?: string;
  /** At most {@link longestTry} bytes. */
  readonly body: Uint8Array;
}

/** What a gateway has answered, an error included. */
export interface Tried {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first {@link longestTriedAnswer} bytes. */
  readonly body: Uint8Array;
  /** bytes of the whole. */
  readonly size: number;
  readonly durationMs: number;
}

/** By what an api has one of the gateways answer a request, wherever that is. */
export interface GatewayTries {
  /**
   * @param gatewayIds any of them may answer: the first that is there does.
   * @throws TorchweaveError `gatewayAway` where none is there, or the one that began is heard of no more; `stateUnavailable`;
   *   the reason of `signal` when that aborts first. The gateway goes on then, to an end that nobody hears of.
   */
  send(gatewayIds: readonly string[], order: Try, signal: AbortSignal): Promise<Tried>;
  /**
   * Has a gateway answer from now on.
   *
   * @param answer must not reject.
   * @returns how to stop.
   */
  answer(gatewayId: string, answer: (order: Try) => Promise<Tried>): Promise<() => void>;
}
