import type {
  Cancellation,
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
  parseVersionId,
  servedModelsOf,
  TorchweaveError,
  versionId,
  versionOf,
  type ErrorRecord,
  type WorkflowDefinition,
  type WorkflowVersion,
} from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { ModelNames } from './model-names.js';

interface Operation {
  /** Of its last run; absent where it was never taken up. */
  readonly token?: string;
  readonly isCancelled?: boolean;
  /** What it removes is on its way out. */
  readonly isRemoving?: boolean;
  /** The version that it holds, or has held. */
  readonly held?: string;
  readonly end?: Exclude<OperationTrace, { outcome: 'none' | 'held' }>;
}

/** What updates have made of a workflow. */
export interface Versioned {
  readonly lastVersion: number;
  readonly updating?: string;
  /** Version to the time (ms) until which it is kept. */
  readonly warm: ReadonlyMap<number, number>;
  readonly retired: ReadonlyMap<number, WorkflowDefinition>;
  /** Versions that are remembered when they are gone. */
  readonly retiring: ReadonlySet<number>;
}

export const now = (): string => new Date().toISOString();

/** {@link WorkflowState} in this process: what it takes it reads at once, and never is away. */
export class InMemoryWorkflowState implements WorkflowState {
  /** Workflows by their names, versions beside the active ones by their ids. */
  readonly records = new Map<string, WorkflowRecord>();
  /** What updates have made of workflows. */
  readonly versioned = new Map<string, Versioned>();
  private readonly operations = new Map<string, Operation>();
  /** Workflow to the revision of its last change. */
  private readonly changes = new Map<string, number>();
  private readonly watchers = new Set<(connectionWasLost: boolean) => void>();
  readonly names = new ModelNames();
  private revision = 0;

  takeUp(operationId: string): Promise<TakenUp> {
    const before = this.operations.get(operationId);
    const run = { operationId, token: randomUUID() };
    this.operations.set(operationId, { ...before, token: run.token });
    return Promise.resolve({
      ...{ run, isTakenOver: before?.token !== undefined, isCancelled: before?.isCancelled === true },
      trace: this.traceOf(operationId, before),
    });
  }

  cancel(operationId: string): Promise<Cancellation> {
    const operation = this.operations.get(operationId);
    const { end, isRemoving } = operation ?? {};
    if (end !== undefined) return Promise.resolve(end.outcome === 'committed' ? 'committed' : 'ended');
    if (isRemoving === true) return Promise.resolve('removing');
    this.operations.set(operationId, { ...operation, isCancelled: true });
    return Promise.resolve('cancelled');
  }

  /** @throws TorchweaveError `operationCancelled`. */
  assertNotCancelled({ operationId }: OperationRun): void {
    if (this.operations.get(operationId)?.isCancelled === true)
      throw new TorchweaveError('operationCancelled', { operationId });
  }

  /** From now on it cannot be cancelled: what it removes is on its way out. */
  goToTheEnd({ operationId }: OperationRun): void {
    this.operations.set(operationId, { ...this.operations.get(operationId), isRemoving: true });
  }

  private traceOf(operationId: string, before: Operation | undefined): OperationTrace {
    if (before?.end !== undefined) return before.end;
    const record = this.find(parseVersionId(before?.held ?? ''));
    const isHeld = record?.operationId === operationId || record?.scaling?.operationId === operationId;
    return record !== undefined && isHeld ? { outcome: 'held', record } : { outcome: 'none' };
  }

  holds(run: OperationRun): Promise<boolean> {
    return Promise.resolve(this.isHeld(run));
  }

  async reserve(definition: WorkflowDefinition, run: OperationRun): Promise<WorkflowRecord> {
    const { name: workflow } = definition;
    const models = servedModelsOf(definition);
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
    this.assertNotCancelled(run);
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
    this.assertNotCancelled(run);
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
    const isMine = record?.phase === 'unregistering' && record.operationId === operationId;
    if (!isMine) this.assertNotCancelled(run);
    const updating = this.versioned.get(workflow)?.updating;
    if (record?.phase === 'ready' && updating !== undefined) {
      throw new TorchweaveError('workflowBusy', { workflow, phase: 'updating', operationId: updating });
    }
    if (record?.phase === 'registering') {
      throw new TorchweaveError('workflowBusy', { workflow, phase: record.phase, operationId: record.operationId });
    }
    if (record === undefined || (record.phase !== 'ready' && !isMine)) {
      throw new TorchweaveError('workflowNotFound', { workflow });
    }
    this.goToTheEnd(run);
    const leave = (each: WorkflowRecord, entry: string): WorkflowRecord =>
      this.write(
        { ...each, phase: 'unregistering', operationId, revision: this.change(entry), changedAt: now() },
        entry,
      );
    for (const [entry, version] of this.beside(workflow)) if (version.phase === 'ready') leave(version, entry);
    const removed: WorkflowRecord = isMine ? record : leave(record, workflow);
    const going = this.beside(workflow).filter(([, version]) => version.operationId === operationId);
    const definitions = [removed, ...going.map(([, version]) => version)].map(({ definition }) => definition);
    return { workflow, revision: this.revision, models: definitions.flatMap(servedModelsOf) };
  }

  async release(
    workflow: string,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void> {
    if (!this.isHeld(run)) throw lost(run);
    if (this.isReleased(run)) return;
    const { phase, failure } = this.heldBy(workflow, run);
    if (phase !== 'undoing' && phase !== 'unregistering') throw lost(run);
    for (const [entry, version] of this.beside(workflow))
      if (version.operationId === run.operationId) this.records.delete(entry);
    this.records.delete(workflow);
    this.versioned.delete(workflow);
    this.names.take(models, workflow);
    for (const orphan of orphans) this.names.orphans.add(orphan);
    this.end(run, { outcome: 'released', workflow, ...(failure === undefined ? {} : { failure }) });
  }

  get(workflow: string): Promise<WorkflowRecord | undefined> {
    return Promise.resolve(this.records.get(workflow));
  }

  page(offset: number, limit: number): Promise<WorkflowPage> {
    const ready = [...this.records].flatMap(([entry, record]) =>
      record.phase === 'ready' && !entry.includes('@') ? [record] : [],
    );
    const sorted = ready
      .map(({ definition: { name, url } }) => ({ name, url }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return Promise.resolve({
      workflows: sorted.slice(offset, offset + limit),
      hasMore: sorted.length > offset + limit,
    });
  }

  unfinished(): Promise<{ records: readonly WorkflowRecord[]; unreadable: readonly never[] }> {
    const records = [...this.records].flatMap(([entry, record]) =>
      record.phase !== 'ready' && !entry.includes('@') ? [record] : [],
    );
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

  isReleased(run: OperationRun): boolean {
    return this.outcomeOf(run) === 'released';
  }

  /** How an operation has ended; undefined where it has not. */
  outcomeOf({ operationId }: OperationRun): 'committed' | 'released' | undefined {
    return this.operations.get(operationId)?.end?.outcome;
  }

  /** The operation holds a version that another one has made. */
  hold({ operationId, token }: OperationRun, definition: WorkflowDefinition): void {
    this.operations.set(operationId, {
      ...this.operations.get(operationId),
      token,
      held: versionId(versionOf(definition)),
    });
  }

  isHeld({ operationId, token }: OperationRun): boolean {
    return this.operations.get(operationId)?.token === token;
  }

  private heldBy(workflow: string, run: OperationRun): WorkflowRecord {
    const record = this.records.get(workflow);
    if (!this.isHeld(run) || record?.operationId !== run.operationId) throw lost(run);
    return record;
  }

  /** A version, active or beside. */
  find(version: WorkflowVersion): WorkflowRecord | undefined {
    const active = this.records.get(version.workflow);
    return active?.definition.version === version.version ? active : this.records.get(versionId(version));
  }

  /** Versions beside the active one, with their ids. */
  beside(workflow: string): (readonly [string, WorkflowRecord])[] {
    return [...this.records].filter(([entry]) => entry.startsWith(`${workflow}@`));
  }

  /** @param entry under which it stands. */
  write(record: WorkflowRecord, entry: string = record.definition.name): WorkflowRecord {
    this.records.set(entry, record);
    const operation = this.operations.get(record.operationId);
    const held = versionId(versionOf(record.definition));
    if (operation !== undefined) this.operations.set(record.operationId, { ...operation, held });
    return record;
  }

  end({ operationId, token }: OperationRun, end: Operation['end']): void {
    this.operations.set(operationId, { token, ...(end === undefined ? {} : { end }) });
  }

  change(workflow: string): number {
    this.revision += 1;
    this.changes.set(workflow, this.revision);
    for (const watcher of this.watchers) queueMicrotask(() => watcher(false));
    return this.revision;
  }
}

export const lost = ({ operationId }: OperationRun): TorchweaveError<'operationAbandoned'> =>
  new TorchweaveError('operationAbandoned', { operationId, reason: 'it does not hold the workflow any more' });
