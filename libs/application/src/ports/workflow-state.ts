import type { ErrorRecord, Phase, WorkflowDefinition } from '@torchweave/domain';

/** A workflow as it is stored. */
export interface WorkflowRecord {
  readonly schemaVersion: 1;
  readonly phase: Phase;
  /** The operation that brought the workflow into its phase. */
  readonly operationId: string;
  /** Grows with every change of any workflow; tells two registrations of one name apart. */
  readonly revision: number;
  readonly definition: WorkflowDefinition;
  /** ISO 8601, UTC. */
  readonly changedAt: string;
  /** Why the registration is being undone. */
  readonly failure?: ErrorRecord;
}

/** What an operation has left in the state so far: what a worker finds that takes it up after a crash. */
export type OperationTrace =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'held'; readonly record: WorkflowRecord }
  | { readonly outcome: 'committed'; readonly workflow: string }
  | { readonly outcome: 'released'; readonly workflow: string; readonly failure?: ErrorRecord };

/** A change that gateways follow: `record` is there exactly when the workflow is `ready`. */
export interface WorkflowChange {
  readonly workflow: string;
  readonly revision: number;
  readonly record?: WorkflowRecord;
}

export interface WorkflowPage {
  readonly workflows: readonly { readonly name: string; readonly url: string }[];
  /** True when more workflows follow the page. */
  readonly hasMore: boolean;
}

/** A model's name, and the workflow, in some phase, that has it. */
export interface OwnedModel {
  readonly model: string;
  readonly workflow: string;
}

export interface ClaimedOrphans {
  readonly unowned: readonly string[];
  /** Not claimed. */
  readonly owned: readonly OwnedModel[];
}

/** What there is to know about all workflows. All methods throw TorchweaveError `stateUnavailable` when it is away. */
export interface WorkflowState {
  /**
   * Takes the name for a registration, atomically, together with the names of its models.
   *
   * @throws TorchweaveError `workflowConflict`, `workflowBusy`, `modelNameTaken`.
   */
  reserve(definition: WorkflowDefinition, operationId: string): Promise<WorkflowRecord>;
  /** `registering` -> `ready`. */
  commit(workflow: string, operationId: string): Promise<WorkflowRecord>;
  /** `registering` -> `undoing`, with the reason; again by the same operation is no error. */
  beginUndo(workflow: string, operationId: string, failure: ErrorRecord): Promise<WorkflowRecord>;
  /**
   * `ready` -> `unregistering`; again by the same operation is no error.
   *
   * @throws TorchweaveError `workflowNotFound`, `workflowBusy`.
   */
  beginRemoval(workflow: string, operationId: string): Promise<WorkflowRecord>;
  /** `undoing` or `unregistering` -> gone. `orphans` are models that could not be removed; reconcile tries again. */
  release(workflow: string, operationId: string, orphans: readonly string[]): Promise<void>;
  /** What the operation has done so far. */
  trace(operationId: string): Promise<OperationTrace>;

  get(workflow: string): Promise<WorkflowRecord | undefined>;
  /** Ready workflows sorted by name, from rank `offset`. */
  page(offset: number, limit: number): Promise<WorkflowPage>;
  /** Workflows in any phase but `ready`. */
  unfinished(): Promise<readonly WorkflowRecord[]>;

  /** Changes after `revision`, oldest first, at most `limit`. */
  changesSince(revision: number, limit: number): Promise<readonly WorkflowChange[]>;
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
  /** Takes the orphans that no workflow owns for removal: a reservation of such a name waits until that is settled. */
  claimOrphans(): Promise<ClaimedOrphans>;
  /** Ends a removal. Models that are `gone` are orphans no more, those that are `left` stay ones. */
  settleOrphans(gone: readonly string[], left: readonly string[]): Promise<void>;
}
