import type { ErrorCode } from '@torchweave/domain';

/** What was counted in the window of a report. */
export interface Counted {
  readonly requests: number;
  /** By the server's fault. */
  readonly failed: number;
  /** How many took longer than the bound before and no longer than the bound of the same index; the last has no bound. */
  readonly buckets: readonly number[];
}

/** The last error of a node that a client was answered. */
export interface NodeFault {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly errorCode: ErrorCode;
  readonly message: string;
  readonly requestId: string;
}

/** Attempts of a node. */
export interface NodeFigures extends Counted {
  readonly retries: number;
  /** Attempts under way: those that wait for a process or a model server, by the share of time that others have waited, and the rest. */
  readonly waiting: number;
  readonly running: number;
  /** ISO 8601, UTC. */
  readonly failingSince?: string;
  readonly lastFault?: NodeFault;
}

/** What goes on in one workflow at one gateway. */
export interface WorkflowFigures {
  readonly workflow: string;
  readonly total: Counted;
  /** By their numbers; of one that is the only one its requests are those of the workflow. */
  readonly versions: Readonly<Record<string, Counted>>;
  readonly nodes: Readonly<Record<string, NodeFigures>>;
  /** Python processes that take calls of its functions. */
  readonly processes?: number;
}

/** What a gateway tells of itself. */
export interface LiveReport {
  /** Of its software. */
  readonly version: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ms over which it was counted. */
  readonly windowMs: number;
  /** ms, rising: the bounds of all buckets. */
  readonly boundsMs: readonly number[];
  /** The busiest of those in which something goes on. */
  readonly workflows: readonly WorkflowFigures[];
  /** How many there are besides, of which nothing is told. */
  readonly left: number;
}

/** A report, and how old it is, in ms by the clock of whoever keeps it. */
export interface AgedLiveReport extends LiveReport {
  readonly ageMs: number;
}

/** What goes on at gateways, left by each of them. All methods throw TorchweaveError `stateUnavailable`. */
export interface LiveReports {
  /** Replaces what the gateway has told before; it is forgotten by itself after half a minute. */
  write(gatewayId: string, report: LiveReport): Promise<void>;
  /** The last of each, in order; undefined of one that has told nothing lately. */
  read(gatewayIds: readonly string[]): Promise<readonly (AgedLiveReport | undefined)[]>;
}
