import type { WorkflowVersion } from '@torchweave/domain';

/** A model on one model server, as a worker has seen it. */
export interface SeenModel {
  /** The server's name, no address. */
  readonly server: string;
  /** `ready`: as many workers as are to be kept take requests, one at least. */
  readonly state: 'ready' | 'starting' | 'missing' | 'unreachable';
  /** Absent where the server did not tell. */
  readonly readyWorkers?: number;
}

/** The models of one version, on every model server. */
export interface VersionReport {
  /** That which has made the version: tells two of one number apart. */
  readonly operationId: string;
  /** By the names of the nodes. */
  readonly nodes: Readonly<Record<string, readonly SeenModel[]>>;
}

/** A report, and how old it is. */
export interface AgedReport extends VersionReport {
  /** ms, by the clock of whoever keeps it. */
  readonly ageMs: number;
}

/**
 * What workers have seen of models, for those that never talk to a model server. It is forgotten after some minutes: what nobody looks at any
 * more leaves nothing. All methods throw TorchweaveError `stateUnavailable`.
 */
export interface ModelReports {
  /** Replaces what was seen of the version before. */
  write(version: WorkflowVersion, report: VersionReport): Promise<void>;
  /** What was seen last of each, in order; undefined where nothing is known. */
  read(versions: readonly WorkflowVersion[]): Promise<readonly (AgedReport | undefined)[]>;
}
