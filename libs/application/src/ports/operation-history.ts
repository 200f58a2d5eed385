import type { Operation } from './job-queue.js';

/** The operations of clients, as they stand. Upkeep that repeats by itself is none of them. */
export interface RecentOperations {
  readonly waiting: number;
  readonly running: number;
  /** In the last 24 hours. */
  readonly failedLastDay: number;
  /** Those that have not ended, and those that have ended last; the newest first, by when they were asked for. */
  readonly operations: readonly Operation[];
}

/** What became of the operations of the last day. All methods throw TorchweaveError `stateUnavailable`. */
export interface OperationHistory {
  /** @param limit of those that have ended well, of those that have failed, and of those that have not ended, each. */
  recent(limit: number): Promise<RecentOperations>;
}
