/** ms between two points of one gateway. */
export const liveStepMs = 10_000;
/** ms for which points are kept. */
export const liveHistoryMs = 1_800_000;

/** How a workflow did at one gateway in the seconds before a moment. */
export interface LivePoint {
  readonly workflow: string;
  readonly requestsPerSecond: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  /** Absent where nothing was answered. */
  readonly p99Ms?: number;
}

/** A point, and when it was: ms since 1970 by the gateway's clock, in whole steps. */
export type TimedPoint = Omit<LivePoint, 'workflow'> & { readonly at: number };

/** How workflows did in the last half hour, left by gateways at which something went on. All methods throw TorchweaveError `stateUnavailable`. */
export interface LiveHistory {
  /** @param at ms since 1970, in whole steps. */
  add(gatewayId: string, at: number, points: readonly LivePoint[]): Promise<void>;
  /** Of all gateways, the oldest first: at most some thousand, of which the newest count. */
  read(workflow: string, since: number): Promise<readonly TimedPoint[]>;
}
