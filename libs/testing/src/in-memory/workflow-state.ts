import type {
  ClaimedOrphans,
  OperationRun,
  OperationTrace,
  OwnedModel,
  Removal,
  SettledOrphans,
  StateSummary,
  TakenUp,
  WorkflowChange,
  WorkflowPage,
  WorkflowRecord,
  WorkflowState,
} from '@torchweave/application';
import {
  modelNodes,
  TorchweaveError,
  type ErrorRecord,
  type WorkflowDefinition,
  type WorkflowVersion,
} from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { ModelNames } from './model-names.js';

interface Operation {
  readonly token: string;
  /** That it holds, or has held. */
  readonly workflow?: string;
  readonly end?: Exclude<OperationTrace, { outcome: 'none' | 'held' }>;
}

const modelNamesOf = (definition: WorkflowDefinition): string[] => modelNodes(definition).map((node) => node.modelName);
const now = (): string => new Date().toISOString();

/** {@link WorkflowState} in this process: what it takes it reads at once, and never is away. */
export class InMemoryWorkflowState implements WorkflowState {
  private readonly records = new Map<string, WorkflowRecord>();
  private readonly operations = new Map<string, Operation>();
  /** Workflow to the revision of its last change. */
  private readonly changes = new Map<string, number>();
  private readonly watchers = new Set<(connectionWasLost: boolean) => void>();
  private readonly names = new ModelNames();
  private revision = 0;

  takeUp(operationId: string): Promise<TakenUp> {
    const before = this.operations.get(operationId);
    const run = { operationId, token: randomUUID() };
    this.operations.set(operationId, { ...before, token: run.token });
    return Promise.resolve({ run, isTakenOver: before !== undefined, trace: this.traceOf(operationId, before) });
  }

  private traceOf(operationId: string, before: Operation | undefined): OperationTrace {
    if (before?.end !== undefined) return before.end;
    const record = this.records.get(before?.workflow ?? '');
    return record?.operationId === operationId ? { outcome: 'held', record } : { outcome: 'none' };
  }

  holds(run: OperationRun): Promise<boolean> {
    return Promise.resolve(this.isHeld(run));
  }

  async reserve(definition: WorkflowDefinition, run: OperationRun): Promise<WorkflowRecord> {
    const { name: workflow } = definition;
    const models = modelNamesOf(definition);
    const mine = this.assertFree(workflow, run);
    if (mine !== undefined) return mine;
    await this.names.free(models);
    // Somebody else may have come first.
    const since = this.assertFree(workflow, run);
    if (since !== undefined) return since;
    const model = models.find((each) => ![undefined, workflow].includes(this.names.ownerOf(each)));
    if (model !== undefined) {
      throw new TorchweaveError('modelNameTaken', { workflow, model, owner: this.names.ownerOf(model) ?? '' });
    }
    this.names.give(models, workflow);
    return this.write({
      ...{ schemaVersion: 1, phase: 'registering', operationId: run.operationId, revision: 0 },
      ...{ definition, changedAt: now() },
    });
  }

  /** @returns what the operation has reserved before. */
  private assertFree(workflow: string, run: OperationRun): WorkflowRecord | undefined {
    if (!this.isHeld(run)) throw lost(run);
    const record = this.records.get(workflow);
    if (record === undefined || record.operationId === run.operationId) return record;
    const { phase, operationId } = record;
    if (phase === 'ready') throw new TorchweaveError('workflowConflict', { workflow });
    throw new TorchweaveError('workflowBusy', { workflow, phase, operationId });
  }

  async activate({ workflow, version }: WorkflowVersion, run: OperationRun): Promise<WorkflowRecord> {
    const record = this.heldBy(workflow, run);
    if (record.definition.version !== version) throw lost(run);
    if (record.phase === 'ready') return record;
    if (record.phase !== 'registering') throw lost(run);
    this.end(run, { outcome: 'committed', workflow });
    const revision = this.change(workflow);
    return this.write({ ...record, phase: 'ready', pointers: { active: version }, revision, changedAt: now() });
  }

  async beginUndo(workflow: string, run: OperationRun, failure: ErrorRecord): Promise<WorkflowRecord> {
    const record = this.heldBy(workflow, run);
    if (record.phase === 'undoing') return record;
    if (record.phase !== 'registering') throw lost(run);
    return this.write({ ...record, phase: 'undoing', failure, changedAt: now() });
  }

  async beginRemoval(workflow: string, run: OperationRun): Promise<Removal> {
    if (!this.isHeld(run)) throw lost(run);
    const { operationId } = run;
    const record = this.records.get(workflow);
    if (record?.phase === 'registering') {
      throw new TorchweaveError('workflowBusy', { workflow, phase: record.phase, operationId: record.operationId });
    }
    const isMine = record?.phase === 'unregistering' && record.operationId === operationId;
    if (record === undefined || (record.phase !== 'ready' && !isMine)) {
      throw new TorchweaveError('workflowNotFound', { workflow });
    }
    const removed: WorkflowRecord = isMine
      ? record
      : this.write({
          ...record,
          ...{ phase: 'unregistering', operationId, revision: this.change(workflow), changedAt: now() },
        });
    return { workflow, revision: removed.revision, models: modelNamesOf(removed.definition) };
  }

  async release(
    workflow: string,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void> {
    if (!this.isHeld(run)) throw lost(run);
    if (this.operations.get(run.operationId)?.end?.outcome === 'released') return;
    const { phase, failure } = this.heldBy(workflow, run);
    if (phase !== 'undoing' && phase !== 'unregistering') throw lost(run);
    this.records.delete(workflow);
    this.names.take(models, workflow);
    for (const orphan of orphans) this.names.orphans.add(orphan);
    this.end(run, { outcome: 'released', workflow, ...(failure === undefined ? {} : { failure }) });
  }

  get(workflow: string): Promise<WorkflowRecord | undefined> {
    return Promise.resolve(this.records.get(workflow));
  }

  page(offset: number, limit: number): Promise<WorkflowPage> {
    const ready = [...this.records.values()].filter(({ phase }) => phase === 'ready');
    const sorted = ready
      .map(({ definition: { name, url } }) => ({ name, url }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return Promise.resolve({
      workflows: sorted.slice(offset, offset + limit),
      hasMore: sorted.length > offset + limit,
    });
  }

  unfinished(): Promise<{ records: readonly WorkflowRecord[]; unreadable: readonly never[] }> {
    const records = [...this.records.values()].filter(({ phase }) => phase !== 'ready');
    return Promise.resolve({ records, unreadable: [] });
  }

  changesSince(revision: number, limit: number): Promise<readonly WorkflowChange[]> {
    const later = [...this.changes].filter(([, at]) => at > revision).sort(([, a], [, b]) => a - b);
    const changes = later.slice(0, limit).map(([workflow, at]): WorkflowChange => {
      const record = this.records.get(workflow);
      return { workflow, revision: at, ...(record?.phase === 'ready' ? { record } : {}) };
    });
    return Promise.resolve(changes);
  }

  summary(): Promise<StateSummary> {
    const ready = [...this.records.values()].filter(({ phase }) => phase === 'ready').length;
    return Promise.resolve({ ready, revision: this.revision });
  }

  watch(onChange: (connectionWasLost: boolean) => void): Promise<() => Promise<void>> {
    this.watchers.add(onChange);
    return Promise.resolve(() => Promise.resolve(void this.watchers.delete(onChange)));
  }

  async *ownedModels(): AsyncGenerator<readonly OwnedModel[]> {
    yield this.names.owned;
  }

  orphans(): Promise<readonly string[]> {
    return Promise.resolve([...this.names.orphans]);
  }

  addOrphans(models: readonly string[]): Promise<void> {
    for (const model of models) this.names.orphans.add(model);
    return Promise.resolve();
  }

  doubt(models: readonly string[]): Promise<void> {
    return Promise.resolve(this.names.doubt(models));
  }

  /** Lets the time pass after which nothing is in doubt any more. */
  endDoubts(): void {
    this.names.endDoubts();
  }

  claimOrphans(present?: ReadonlySet<string>): Promise<ClaimedOrphans> {
    return Promise.resolve(this.names.claim(present));
  }

  settleOrphans(settled: SettledOrphans): Promise<void> {
    return Promise.resolve(this.names.settle(settled));
  }

  probeWrites(): Promise<void> {
    return Promise.resolve();
  }

  private isHeld({ operationId, token }: OperationRun): boolean {
    return this.operations.get(operationId)?.token === token;
  }

  private heldBy(workflow: string, run: OperationRun): WorkflowRecord {
    const record = this.records.get(workflow);
    if (!this.isHeld(run) || record?.operationId !== run.operationId) throw lost(run);
    return record;
  }

  private write(record: WorkflowRecord): WorkflowRecord {
    const { name: workflow } = record.definition;
    this.records.set(workflow, record);
    const operation = this.operations.get(record.operationId);
    if (operation !== undefined) this.operations.set(record.operationId, { ...operation, workflow });
    return record;
  }

  private end({ operationId, token }: OperationRun, end: Operation['end']): void {
    this.operations.set(operationId, { token, ...(end === undefined ? {} : { end }) });
  }

  private change(workflow: string): number {
    this.revision += 1;
    this.changes.set(workflow, this.revision);
    for (const watcher of this.watchers) queueMicrotask(() => watcher(false));
    return this.revision;
  }
}

const lost = ({ operationId }: OperationRun): TorchweaveError<'operationAbandoned'> =>
  new TorchweaveError('operationAbandoned', { operationId, reason: 'it does not hold the workflow any more' });
