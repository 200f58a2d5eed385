/** A request that its client may send again: whose it is, the key that it came under, and what it asks for. */
export interface KeyedRequest {
  /** Who sends it; `''` where nobody is asked who they are. Keys of one are none of another. */
  readonly caller: string;
  readonly key: string;
  /** sha-256 of all that the request asks for. */
  readonly digest: string;
}

/** Which operation a request has begun under its client's key: remembered for a day, by the clock of the state. */
export interface IdempotencyKeys {
  /**
   * The operation that the request has begun, or was about to begin; undefined where there is none.
   *
   * @throws TorchweaveError `idempotencyKeyReused` where another request of that caller came under the key.
   */
  find(request: KeyedRequest): Promise<string | undefined>;
  /**
   * Notes that the request begins an operation, unless it has one already. Of two at once one is first, and both are told its
   * operation.
   *
   * @param insteadOf an operation of the request that never began, in whose place this one comes.
   * @returns the operation of the request.
   * @throws TorchweaveError `idempotencyKeyReused`, `stateRefusesWrites`.
   */
  claim(request: KeyedRequest, operationId: string, insteadOf?: string): Promise<string>;
}
