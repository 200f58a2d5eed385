import type { ErrorRecord, Traffic, WorkflowDefinition, WorkflowVersion } from '@torchweave/domain';
import type { OperationRun, Removal, UnreadableWorkflow, WorkflowRecord } from './workflow-state.js';

/** A version that is ready beside the active one, or about to be. */
export interface VersionBeside {
  readonly record: WorkflowRecord;
  /** ms for which it is still kept; absent where it stays until it is removed. */
  readonly keptMs?: number;
}

/** All versions of one workflow. */
export interface VersionsOfWorkflow {
  readonly active: WorkflowRecord;
  /** By version. */
  readonly beside: readonly VersionBeside[];
  /** Kept no longer; each can be registered again from its archive. By version. */
  readonly retired: readonly WorkflowDefinition[];
  /** The highest number that a version has had. */
  readonly lastVersion: number;
  /** The operation that changes the workflow at this moment. */
  readonly updating?: string;
}

/** How versions that were active are kept, so that going back to one is done at once. */
export interface Keeping {
  readonly versions: number;
  readonly ms: number;
  /** ms for which others stay: what they have begun to answer ends meanwhile. */
  readonly drainMs: number;
}

export interface Activation {
  /** It answers from now on in the active one's place, which is kept beside it; else by its number alone. */
  readonly asDefault: boolean;
  readonly keep: Keeping;
  /** ms for which the operation goes on, and may still take it back. */
  readonly watchMs?: number;
  /** How its requests are copied from then on; without, what was shared out or copied before is no more. */
  readonly traffic?: Traffic;
}

/** What {@link WorkflowVersions.activate} has done. */
export interface Activated {
  readonly record: WorkflowRecord;
  /** Every gateway that has followed up to here serves so. */
  readonly revision: number;
}

/** What became of the requests to a version. */
export interface Outcomes {
  readonly total: number;
  /** By the server's fault. */
  readonly failed: number;
}

/**
 * The versions of workflows beside the one that a registration has made: what updates do to them, one operation of a workflow at a
 * time. All methods throw TorchweaveError `stateUnavailable`; whatever is asked for a run throws `operationAbandoned` when another
 * run has taken its operation up, and `workflowNotFound` or `workflowBusy` where the workflow is not ready, or another operation
 * has it. Whatever commits or holds anything throws `operationCancelled` where the operation is.
 */
export interface WorkflowVersions {
  /** @returns undefined where no such workflow is ready. */
  list(workflow: string): Promise<VersionsOfWorkflow | undefined>;
  /** A version in any phase, active or beside. @throws TorchweaveError `workflowUnreadable`. */
  get(version: WorkflowVersion): Promise<WorkflowRecord | undefined>;
  /**
   * Holds the workflow for an update, and the names of the new version's models.
   *
   * @param define the definition as the version that it is given.
   * @param retired the number of a version that was there before, instead of the next one.
   * @throws TorchweaveError `versionsFull`, `modelNameTaken`.
   */
  reserve(
    workflow: string,
    define: (version: number) => WorkflowDefinition,
    run: OperationRun,
    retired?: number,
  ): Promise<WorkflowRecord>;
  /**
   * A version that was reserved or is kept is served. Again by the same operation is no error.
   *
   * @throws TorchweaveError `versionNotFound`, of one that is to get copies too, `versionLeaving`.
   */
  activate(version: WorkflowVersion, run: OperationRun, activation: Activation): Promise<Activated>;
  /** Ends the operation of an activation that was watched. Again is no error. */
  endWatch(version: WorkflowVersion, run: OperationRun): Promise<void>;
  /**
   * Takes a watched activation back: the version before is active again, and this one is to be undone.
   *
   * @returns the revision from which on that is served; again is no error.
   */
  rollBack(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<number>;
  /** `registering` -> `undoing`, with the reason; again by the same operation is no error. */
  beginUndo(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<void>;
  /**
   * `ready` -> `unregistering` of a version beside the active one; again by the same operation is no error.
   *
   * @param isRetired it is remembered, to be registered again from its archive.
   * @throws TorchweaveError `versionNotFound`, `versionServes`, `versionLeaving`.
   */
  beginRemoval(version: WorkflowVersion, run: OperationRun, isRetired: boolean): Promise<Removal>;
  /**
   * `undoing` or `unregistering` -> gone, and its models with it. Again by the same operation is no error.
   *
   * @param orphans models that could not be removed.
   */
  release(
    version: WorkflowVersion,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void>;
  /**
   * Shares the requests of a workflow out among its versions, and copies.
   *
   * @param traffic all go to the active one without, and none is copied.
   * @throws TorchweaveError `versionNotFound` of one that is not ready, `versionServes` of one that would get copies of what it
   * answers itself.
   */
  direct(workflow: string, run: OperationRun, traffic?: Traffic): Promise<WorkflowRecord>;
  /** Versions that were kept for long enough, some of them; one that answers requests may be among them. */
  overdue(): Promise<readonly WorkflowVersion[]>;
  /** Versions that operations have in their hands, or had when they ended. */
  unfinished(): Promise<{
    readonly records: readonly { readonly record: WorkflowRecord; readonly updating?: string }[];
    readonly unreadable: readonly UnreadableWorkflow[];
  }>;
  /** What these workflows have beside their active versions: versions that are there, and retired ones. */
  definitions(workflows: readonly string[]): Promise<{
    readonly definitions: readonly WorkflowDefinition[];
    /** How many there are besides that cannot be read. */
    readonly unreadable: number;
  }>;
  /** Adds to what is known of the requests to a version that is watched, by the operation that has made it. */
  report(operationId: string, outcomes: Outcomes): Promise<void>;
  outcomes(operationId: string): Promise<Outcomes>;
}
