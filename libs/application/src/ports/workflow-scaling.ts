import type { ErrorRecord, WorkflowDefinition } from '@torchweave/domain';
import type { OperationRun, ScalingOrder, WorkflowRecord } from './workflow-state.js';

/**
 * Changes of the numbers of workers of active versions, one operation of a workflow at a time, as of its versions. What a
 * definition says of workers is all of it that ever changes. All methods throw TorchweaveError `stateUnavailable`; whatever is asked
 * for a run throws `operationAbandoned` when another run has taken its operation up, or when the operation does not hold the workflow.
 */
export interface WorkflowScaling {
  /**
   * Holds the workflow for a change of workers. Again by the same operation is no error.
   *
   * @param orderOf what is to be changed in the active version, whose definition it is given; what it throws is thrown.
   * @throws TorchweaveError `workflowNotFound`, `workflowBusy`, `workflowUnreadable`.
   */
  begin(
    workflow: string,
    orderOf: (definition: WorkflowDefinition) => ScalingOrder,
    run: OperationRun,
  ): Promise<WorkflowRecord>;
  /** Stores the definition with its new numbers, and ends the operation. Again is no error. */
  commit(definition: WorkflowDefinition, run: OperationRun): Promise<void>;
  /** Notes that the change is being undone, and why; again is no error. */
  beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<void>;
  /** Ends the operation of a change that is undone: the numbers are as they were. Again is no error. */
  release(workflow: string, run: OperationRun): Promise<void>;
}
