import type {
  ErrorRecord,
  Phase,
  TorchweaveError,
  Traffic,
  WorkerRange,
  WorkflowDefinition,
  WorkflowVersion,
} from '@torchweave/domain';

/** Which versions of a workflow answer its requests. */
export interface WorkflowPointers {
  readonly active: number;
  readonly traffic?: Traffic;
  /** An update whose new version may be taken back by itself. */
  readonly watched?: WatchedVersion;
}

/** A version that was made the active one a moment ago. */
export interface WatchedVersion {
  readonly version: number;
  /** The version that is active again if it fails. */
  readonly before: number;
  /** ms since 1970 by the state's clock. */
  readonly until: number;
}

/** Other numbers of workers for model nodes of the active version. */
export interface ScalingOrder {
  /** By their names. */
  readonly nodes: readonly string[];
  readonly workers: WorkerRange;
}

/** A change of workers that an operation has begun. */
export interface Scaling extends ScalingOrder {
  readonly operationId: string;
  /** Why it is being undone. */
  readonly failure?: ErrorRecord;
}

/** A workflow as it is stored, lifted to today's type from whatever schema version. */
export interface WorkflowRecord {
  readonly schemaVersion: 1;
  readonly phase: Phase;
  /** Absent as long as no version was activated. */
  readonly pointers?: WorkflowPointers;
  /** The operation that brought the workflow into its phase. */
  readonly operationId: string;
  /** Grows with every change of any workflow; tells two registrations of one name apart. */
  readonly revision: number;
  /** The version that is active, or is to be: a document of which nothing ever changes but numbers of workers. */
  readonly definition: WorkflowDefinition;
  /** A change of its workers that is under way. */
  readonly scaling?: Scaling;
  /** ISO 8601, UTC. */
  readonly changedAt: string;
  /** Why the registration is being undone. */
  readonly failure?: ErrorRecord;
}

/**
 * One run of an operation. Whoever takes the operation up next has another token, and from then on the state takes nothing
 * from this one: a worker that stood still finds out what it no longer may do.
 */
export interface OperationRun {
  readonly operationId: string;
  readonly token: string;
}

/** What an operation has left in the state so far: what a worker finds that takes it up after a crash. */
export type OperationTrace =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'held'; readonly record: WorkflowRecord }
  | { readonly outcome: 'held'; readonly unreadable: UnreadableWorkflow }
  | { readonly outcome: 'committed'; readonly workflow: string }
  | { readonly outcome: 'released'; readonly workflow: string; readonly failure?: ErrorRecord };

/** An operation that has been taken up. */
export interface TakenUp {
  readonly run: OperationRun;
  /** Another run had the operation before. It may still be at work. */
  readonly isTakenOver: boolean;
  /** It was cancelled: what it has done is to be undone, and the state lets it commit nothing. */
  readonly isCancelled: boolean;
  readonly trace: OperationTrace;
}

/** `cancelled`, or why an operation cannot be any more: it has committed, or begun to remove, or ended. */
export type Cancellation = 'cancelled' | 'committed' | 'removing' | 'ended';

/** A stored workflow that this version cannot read; it hurts nobody but itself. */
export type UnreadableWorkflow = TorchweaveError<'workflowUnreadable'>;

/**
 * A change that gateways follow: `record` is there exactly when the workflow is `ready`, `unreadable` where nobody here can
 * tell whether it is.
 */
export interface WorkflowChange {
  /** The name, or the id of a version beside the active one. */
  readonly workflow: string;
  readonly revision: number;
  readonly record?: WorkflowRecord;
  readonly unreadable?: UnreadableWorkflow;
}

/** A workflow on its way out, which may be one that cannot be read. */
export interface Removal {
  readonly workflow: string;
  /** Every gateway that has followed up to here no longer serves it. */
  readonly revision: number;
  /** The models that it owns. */
  readonly models: readonly string[];
}

/** How many workflows and versions beside the active ones there are to serve, and the last change of them. */
export interface StateSummary {
  readonly ready: number;
  readonly revision: number;
}

export interface WorkflowPage {
  readonly workflows: readonly { readonly name: string; readonly url: string }[];
  /** True when more workflows follow the page. */
  readonly hasMore: boolean;
}

/** A model's name, and the version of a workflow, in some phase, that has it. */
export interface OwnedModel extends WorkflowVersion {
  readonly model: string;
}

/** Orphans that are taken for removal, in the name of `token`. */
export interface ClaimedOrphans {
  readonly token: string;
  readonly unowned: readonly string[];
  /** Not claimed. */
  readonly owned: readonly OwnedModel[];
}

/** How the removal of {@link ClaimedOrphans} has ended. */
export interface SettledOrphans {
  readonly token: string;
  /** Owned, and as their workflows want them. */
  readonly kept: readonly string[];
  readonly gone: readonly string[];
  /** Not removed everywhere: these stay orphans. */
  readonly left: readonly string[];
}

/**
 * What there is to know about all workflows. All methods throw TorchweaveError `stateUnavailable` when it is away or takes
 * no writes for a while, and `reserve` throws `stateRefusesWrites` when it is full; whatever is asked for a run throws `operationAbandoned` when another run
 * has taken its operation up, or when the operation does not hold the workflow; whatever commits or holds anything throws
 * `operationCancelled` once that is.
 */
export interface WorkflowState {
  /** Begins a run of an operation: no earlier one may write any more. Tells what those have done. */
  takeUp(operationId: string): Promise<TakenUp>;
  /**
   * Marks an operation as cancelled, whether it has begun or not, unless it is too late: from then on whatever would commit it, hold
   * a workflow for it or begin to remove one throws `operationCancelled`. Again is no error.
   */
  cancel(operationId: string): Promise<Cancellation>;
  /**
   * True while no other run has taken the operation up. To be asked right before an act that the state cannot refuse, such as
   * one on a model server.
   */
  holds(run: OperationRun): Promise<boolean>;
  /**
   * Takes the name for a registration, atomically, together with the names of its models.
   *
   * @throws TorchweaveError `workflowConflict`, `workflowBusy`, `modelNameTaken`, `workflowUnreadable`.
   */
  reserve(definition: WorkflowDefinition, run: OperationRun): Promise<WorkflowRecord>;
  /**
   * Moves the pointer to a version that the operation holds: one act, with the revision from which on it is served, which gateways
   * acknowledge. A registration's workflow goes `registering` -> `ready`. Again by the same operation is no error.
   */
  activate(version: WorkflowVersion, run: OperationRun): Promise<WorkflowRecord>;
  /** `registering` -> `undoing`, with the reason; again by the same operation is no error. */
  beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<WorkflowRecord>;
  /**
   * `ready` -> `unregistering`; again by the same operation is no error. What cannot be read is removed whatever its phase.
   *
   * @throws TorchweaveError `workflowNotFound`, `workflowBusy`.
   */
  beginRemoval(workflow: string, run: OperationRun): Promise<Removal>;
  /**
   * `undoing` or `unregistering` -> gone, and its models with it. `orphans` are those that could not be removed; reconcile
   * tries again. Again by the same operation is no error.
   */
  release(workflow: string, run: OperationRun, models: readonly string[], orphans: readonly string[]): Promise<void>;

  /**
   * @returns undefined where there is none.
   * @throws TorchweaveError `workflowUnreadable`.
   */
  get(workflow: string): Promise<WorkflowRecord | undefined>;
  /** Ready workflows sorted by name, from rank `offset`; also those that cannot be read, without their URL where need be. */
  page(offset: number, limit: number): Promise<WorkflowPage>;
  /** Workflows in any phase but `ready`, and all of those that cannot be read. */
  unfinished(): Promise<{
    readonly records: readonly WorkflowRecord[];
    readonly unreadable: readonly UnreadableWorkflow[];
  }>;

  /** Changes after `revision`, oldest first, at most `limit`. */
  changesSince(revision: number, limit: number): Promise<readonly WorkflowChange[]>;
  summary(): Promise<StateSummary>;
  /**
   * Calls back soon after every change, and now and then without one; `connectionWasLost` when changes may have been
   * missed or taken back since the last call. Returns how to stop.
   */
  watch(onChange: (connectionWasLost: boolean) => void): Promise<() => Promise<void>>;

  /**
   * The models of all workflows, some at a time. One that comes or goes meanwhile may be told or not, and any more than
   * once.
   */
  ownedModels(): AsyncIterable<readonly OwnedModel[]>;
  /** Model names that may lie about on model servers without a workflow. */
  orphans(): Promise<readonly string[]>;
  addOrphans(models: readonly string[]): Promise<void>;
  /**
   * Notes models that a run which has lost its operation may still make or remove, or has. They count as orphans again and
   * again for some minutes, until nothing of that run can be on its way any more.
   */
  doubt(models: readonly string[]): Promise<void>;
  /**
   * Takes the orphans that no workflow owns for removal: a reservation of such a name waits until that is settled. Takes over
   * what others have claimed.
   *
   * @param present all models that lie on model servers, where that is known: models in doubt that are nowhere are left alone.
   */
  claimOrphans(present?: ReadonlySet<string>): Promise<ClaimedOrphans>;
  /** Ends a removal. What another claim has taken over meanwhile stays an orphan, as after {@link doubt}. */
  settleOrphans(settled: SettledOrphans): Promise<void>;
  /** Writes next to nothing. @throws TorchweaveError `stateRefusesWrites`, with why. */
  probeWrites(): Promise<void>;
}
