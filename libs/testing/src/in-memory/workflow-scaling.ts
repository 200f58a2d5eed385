import type { OperationRun, ScalingOrder, WorkflowRecord, WorkflowScaling } from '@torchweave/application';
import { TorchweaveError, type ErrorRecord, type WorkflowDefinition } from '@torchweave/domain';
import { lost, type InMemoryWorkflowState } from './workflow-state.js';
import type { InMemoryWorkflowVersions } from './workflow-versions.js';

/** {@link WorkflowScaling} beside an {@link InMemoryWorkflowState} and the versions of its workflows. */
export class InMemoryWorkflowScaling implements WorkflowScaling {
  constructor(
    private readonly state: InMemoryWorkflowState,
    private readonly versions: InMemoryWorkflowVersions,
  ) {}

  async begin(
    workflow: string,
    orderOf: (definition: WorkflowDefinition) => ScalingOrder,
    run: OperationRun,
  ): Promise<WorkflowRecord> {
    const { state } = this;
    if (!state.isHeld(run)) throw lost(run);
    state.assertNotCancelled(run);
    const versioned = this.versions.idle(workflow, run);
    const record = state.records.get(workflow);
    if (record === undefined) throw new TorchweaveError('workflowNotFound', { workflow });
    if (versioned.updating === run.operationId) return record;
    const { operationId } = run;
    const scaled = { ...record, scaling: { operationId, ...orderOf(record.definition) } };
    state.records.set(workflow, scaled);
    state.versioned.set(workflow, { ...versioned, updating: operationId });
    state.hold(run, scaled.definition);
    return scaled;
  }

  async commit(definition: WorkflowDefinition, run: OperationRun): Promise<void> {
    const { name: workflow } = definition;
    if (this.hasEnded(run, 'committed')) return;
    this.state.assertNotCancelled(run);
    this.end(workflow, run, { definition });
    this.state.end(run, { outcome: 'committed', workflow });
  }

  async beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<void> {
    const record = this.held(workflow, run);
    this.state.records.set(workflow, { ...record, scaling: { failure, ...record.scaling } });
  }

  async release(workflow: string, run: OperationRun): Promise<void> {
    if (this.hasEnded(run, 'released')) return;
    const { scaling } = this.end(workflow, run);
    const { failure } = scaling;
    this.state.end(run, { outcome: 'released', workflow, ...(failure === undefined ? {} : { failure }) });
  }

  private hasEnded(run: OperationRun, outcome: 'committed' | 'released'): boolean {
    if (!this.state.isHeld(run)) throw lost(run);
    return this.state.outcomeOf(run) === outcome;
  }

  /** Lets the workflow go, with what is new of it. */
  private end(workflow: string, run: OperationRun, changed: Partial<WorkflowRecord> = {}): Scaled {
    const record = this.held(workflow, run);
    const { scaling: _, ...rest } = record;
    const { updating: __, ...idle } = this.versions.idle(workflow, run);
    this.state.records.set(workflow, { ...rest, ...changed });
    this.state.versioned.set(workflow, idle);
    return record;
  }

  private held(workflow: string, run: OperationRun): Scaled {
    const record = this.state.records.get(workflow);
    const { scaling } = record ?? {};
    if (!this.state.isHeld(run) || record === undefined || scaling?.operationId !== run.operationId) throw lost(run);
    return { ...record, scaling };
  }
}

type Scaled = WorkflowRecord & Required<Pick<WorkflowRecord, 'scaling'>>;
