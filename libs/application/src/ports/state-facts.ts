/** How whoever keeps the state is doing. Sizes in bytes. */
export interface StateFacts {
  /** ms from a question to its answer. */
  readonly latencyMs: number;
  /** Its name and version. */
  readonly server: string;
  readonly usedBytes: number;
  /** 0 where nothing bounds it. */
  readonly limitBytes: number;
  /** What it does when that is reached; anything but `noeviction` loses workflows. */
  readonly evictionPolicy: string;
  readonly evictedKeys: number;
  /** Whether what is written outlives it. */
  readonly isPersistent: boolean;
  /** Whether its last write to the disk failed. */
  readonly hasWriteFailure: boolean;
  readonly role: string;
}

/** Tells of whoever keeps the state. */
export interface StateProbe {
  /** @throws TorchweaveError `stateUnavailable`. */
  facts(): Promise<StateFacts>;
}
