import type {
  Activated,
  Activation,
  OperationRun,
  Outcomes,
  Removal,
  VersionsOfWorkflow,
  WorkflowRecord,
  WorkflowVersions,
} from '@torchweave/application';
import {
  parseVersionId,
  servedModelsOf,
  TorchweaveError,
  versionId,
  versionsBesideActive,
  versionsIn,
  type ErrorRecord,
  type Traffic,
  type WorkflowDefinition,
  type WorkflowVersion,
} from '@torchweave/domain';
import type { InMemoryWorkflowState, Versioned } from './workflow-state.js';
import { lost, now } from './workflow-state.js';

const mostBeside = 8;

/** {@link WorkflowVersions} beside an {@link InMemoryWorkflowState}, whose workflows they are of. */
export class InMemoryWorkflowVersions implements WorkflowVersions {
  private readonly counts = new Map<string, Outcomes>();
  /** Operation to the version that it watches. */
  private readonly watching = new Map<string, WorkflowVersion>();

  constructor(private readonly state: InMemoryWorkflowState) {}

  async list(workflow: string): Promise<VersionsOfWorkflow | undefined> {
    const active = this.state.records.get(workflow);
    if (active?.phase !== 'ready') return undefined;
    const { lastVersion, updating, warm, retired } = this.versionedOf(workflow);
    const beside = this.state
      .beside(workflow)
      .map(([, record]) => {
        const until = warm.get(record.definition.version);
        return { record, ...(until === undefined ? {} : { keptMs: Math.max(0, until - performance.now()) }) };
      })
      .sort((a, b) => a.record.definition.version - b.record.definition.version);
    const there = new Set([active, ...beside.map(({ record }) => record)].map(({ definition }) => definition.version));
    return {
      ...{ active, beside, lastVersion },
      retired: [...retired.values()].filter(({ version }) => !there.has(version)).sort((a, b) => a.version - b.version),
      ...(updating === undefined ? {} : { updating }),
    };
  }

  get(version: WorkflowVersion): Promise<WorkflowRecord | undefined> {
    return Promise.resolve(this.state.find(version));
  }

  async reserve(
    workflow: string,
    define: (version: number) => WorkflowDefinition,
    run: OperationRun,
    retired?: number,
  ): Promise<WorkflowRecord> {
    const { state } = this;
    if (!state.isHeld(run)) throw lost(run);
    state.assertNotCancelled(run);
    const mine = state.beside(workflow).find(([, { operationId }]) => operationId === run.operationId);
    if (mine !== undefined) return mine[1];
    const versioned = this.idle(workflow, run);
    if (state.beside(workflow).length >= mostBeside)
      throw new TorchweaveError('versionsFull', { workflow, limit: mostBeside });
    const definition = define(retired ?? versioned.lastVersion + 1);
    const entry = versionId({ workflow, version: definition.version });
    if (state.records.has(entry)) throw new TorchweaveError('versionLeaving', { ...parseVersionId(entry) });
    const models = servedModelsOf(definition);
    await state.names.free(models);
    if (!state.isHeld(run)) throw lost(run);
    const model = models.find((each) => ![undefined, entry].includes(state.names.ownerOf(each)));
    if (model !== undefined) {
      const owner = parseVersionId(state.names.ownerOf(model) ?? '').workflow;
      throw new TorchweaveError('modelNameTaken', { workflow, model, owner });
    }
    state.names.give(models, entry);
    const lastVersion = Math.max(versioned.lastVersion, definition.version);
    state.versioned.set(workflow, { ...versioned, lastVersion, updating: run.operationId });
    const { operationId } = run;
    return state.write(
      { schemaVersion: 1, phase: 'registering', operationId, revision: 0, definition, changedAt: now() },
      entry,
    );
  }

  async activate(
    version: WorkflowVersion,
    run: OperationRun,
    { asDefault, keep, watchMs, traffic }: Activation,
  ): Promise<Activated> {
    const { state } = this;
    const { workflow } = version;
    if (!state.isHeld(run)) throw lost(run);
    state.assertNotCancelled(run);
    const versioned = this.idle(workflow, run);
    const active = state.records.get(workflow) as WorkflowRecord;
    const entry = versionId(version);
    const isActive = active.definition.version === version.version;
    const beside = state.records.get(entry);
    if (!isActive) this.assertReady(version, beside, run);
    this.assertAllReady(workflow, traffic);
    let record = isActive ? active : (beside as WorkflowRecord);
    if (!isActive) record = state.write({ ...record, phase: 'ready', revision: state.change(entry) }, entry);
    const before = active.definition.version;
    if (asDefault) {
      if (!isActive) this.demote(active, keep, versioned);
      state.records.delete(entry);
      state.change(entry);
      const pointers = { active: version.version, ...(traffic === undefined ? {} : { traffic }) };
      record = state.write({ ...record, pointers, revision: state.change(workflow) });
    }
    const { updating: _, ...idle } = this.versionedOf(workflow);
    if (watchMs === undefined) {
      state.versioned.set(workflow, idle);
      state.end(run, { outcome: 'committed', workflow });
    } else {
      const begun = { version: version.version, before, until: performance.now() + watchMs };
      const watched = active.pointers?.watched ?? begun;
      record = state.write({ ...record, pointers: { active: version.version, watched } });
      state.versioned.set(workflow, { ...idle, updating: run.operationId });
      this.watching.set(run.operationId, version);
    }
    return { record: state.records.get(workflow) as WorkflowRecord, revision: record.revision };
  }

  /** @throws TorchweaveError `versionNotFound`. */
  private assertAllReady(workflow: string, traffic: Traffic | undefined): void {
    for (const version of traffic === undefined ? [] : versionsIn(traffic)) {
      if (this.state.find({ workflow, version })?.phase !== 'ready')
        throw new TorchweaveError('versionNotFound', { workflow, version });
    }
  }

  private assertReady(
    version: WorkflowVersion,
    record: WorkflowRecord | undefined,
    { operationId }: OperationRun,
  ): void {
    if (record === undefined) throw new TorchweaveError('versionNotFound', { ...version });
    const isMine = record.operationId === operationId && record.phase === 'registering';
    if (record.phase !== 'ready' && !isMine) throw new TorchweaveError('versionLeaving', { ...version });
  }

  private demote(active: WorkflowRecord, keep: Activation['keep'], versioned: Versioned): void {
    const { name: workflow, version } = active.definition;
    const { pointers: _, ...record } = active;
    const entry = versionId({ workflow, version });
    this.state.records.set(entry, { ...record, revision: this.state.change(entry), changedAt: now() });
    const warm = new Map(versioned.warm).set(version, performance.now() + keep.ms);
    const kept = [...warm].sort(([, a], [, b]) => b - a);
    const drained = performance.now() + keep.drainMs;
    for (const [old, until] of kept.slice(keep.versions)) warm.set(old, Math.min(until, drained));
    this.state.versioned.set(workflow, { ...versioned, warm });
  }

  async endWatch({ workflow }: WorkflowVersion, run: OperationRun): Promise<void> {
    const { state } = this;
    if (!state.isHeld(run)) throw lost(run);
    const { updating, ...idle } = this.versionedOf(workflow);
    const record = state.records.get(workflow);
    if (updating !== run.operationId || record === undefined) {
      if (this.watching.has(run.operationId)) return;
      throw lost(run);
    }
    state.assertNotCancelled(run);
    state.versioned.set(workflow, idle);
    state.write({ ...record, pointers: { active: record.definition.version }, revision: state.change(workflow) });
    state.end(run, { outcome: 'committed', workflow });
  }

  async rollBack(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<number> {
    const { state } = this;
    const { workflow } = version;
    const versioned = this.versionedOf(workflow);
    if (!state.isHeld(run) || versioned.updating !== run.operationId) throw lost(run);
    const entry = versionId(version);
    const undoing = state.records.get(entry);
    if (undoing?.phase === 'undoing') return undoing.revision;
    const active = state.records.get(workflow);
    const before = active?.pointers?.watched?.before;
    const beforeId = versionId({ workflow, version: before ?? 0 });
    const good = state.records.get(beforeId);
    if (active?.definition.version !== version.version || before === undefined || good === undefined) throw lost(run);
    const { pointers: _, ...bad } = active;
    state.records.delete(beforeId);
    state.records.set(workflow, { ...good, pointers: { active: before }, revision: state.change(workflow) });
    const warm = new Map(versioned.warm);
    warm.delete(before);
    state.versioned.set(workflow, { ...versioned, warm });
    const revision = state.change(entry);
    state.write({ ...bad, phase: 'undoing', failure, revision, changedAt: now() }, entry);
    return revision;
  }

  async beginUndo(version: WorkflowVersion, run: OperationRun, failure: ErrorRecord): Promise<void> {
    const entry = versionId(version);
    const record = this.held(entry, run);
    if (record.phase === 'undoing') return;
    if (record.phase !== 'registering') throw lost(run);
    this.state.write({ ...record, phase: 'undoing', failure, changedAt: now() }, entry);
  }

  async beginRemoval(version: WorkflowVersion, run: OperationRun, isRetired: boolean): Promise<Removal> {
    const { state } = this;
    const { workflow } = version;
    if (!state.isHeld(run)) throw lost(run);
    const entry = versionId(version);
    let record = state.records.get(entry);
    if (record?.phase !== 'unregistering' || record.operationId !== run.operationId) {
      state.assertNotCancelled(run);
      const versioned = this.idle(workflow, run);
      const active = state.records.get(workflow);
      const { traffic } = active?.pointers ?? {};
      const directed = traffic === undefined ? [] : versionsIn(traffic);
      if (active?.definition.version === version.version || directed.includes(version.version))
        throw new TorchweaveError('versionServes', { ...version });
      if (record === undefined) throw new TorchweaveError('versionNotFound', { ...version });
      if (record.phase !== 'ready')
        throw new TorchweaveError('workflowBusy', { workflow, phase: record.phase, operationId: record.operationId });
      const warm = new Map(versioned.warm);
      warm.delete(version.version);
      const retiring = new Set(versioned.retiring);
      if (isRetired) retiring.add(version.version);
      state.versioned.set(workflow, { ...versioned, warm, retiring });
      const { operationId } = run;
      const revision = state.change(entry);
      state.goToTheEnd(run);
      record = state.write({ ...record, phase: 'unregistering', operationId, revision, changedAt: now() }, entry);
    }
    return { workflow, revision: record.revision, models: servedModelsOf(record.definition) };
  }

  async release(
    version: WorkflowVersion,
    run: OperationRun,
    models: readonly string[],
    orphans: readonly string[],
  ): Promise<void> {
    const { state } = this;
    const { workflow } = version;
    if (!state.isHeld(run)) throw lost(run);
    if (state.isReleased(run)) return;
    const entry = versionId(version);
    const { phase, failure, definition } = this.held(entry, run);
    if (phase !== 'undoing' && phase !== 'unregistering') throw lost(run);
    state.records.delete(entry);
    state.names.take(models, workflow);
    for (const orphan of orphans) state.names.orphans.add(orphan);
    const { updating, ...versioned } = this.versionedOf(workflow);
    const retired = new Map(versioned.retired);
    if (phase === 'unregistering') {
      if (versioned.retiring.has(version.version)) retired.set(version.version, definition);
      else retired.delete(version.version);
    }
    const others = updating === undefined || updating === run.operationId ? {} : { updating };
    if (state.records.has(workflow)) state.versioned.set(workflow, { ...versioned, retired, ...others });
    state.end(run, { outcome: 'released', workflow, ...(failure === undefined ? {} : { failure }) });
  }

  async direct(workflow: string, run: OperationRun, traffic?: Traffic): Promise<WorkflowRecord> {
    const { state } = this;
    if (!state.isHeld(run)) throw lost(run);
    state.assertNotCancelled(run);
    this.idle(workflow, run);
    const record = state.records.get(workflow) as WorkflowRecord;
    const active = record.definition.version;
    this.assertAllReady(workflow, traffic);
    if (traffic !== undefined && versionsBesideActive(traffic).includes(active))
      throw new TorchweaveError('versionServes', { workflow, version: active });
    const pointers = { active, ...(traffic === undefined ? {} : { traffic }) };
    const directed = { ...record, pointers, revision: state.change(workflow), changedAt: now() };
    state.records.set(workflow, directed);
    state.end(run, { outcome: 'committed', workflow });
    return directed;
  }

  async overdue(): Promise<readonly WorkflowVersion[]> {
    return [...this.state.versioned].flatMap(([workflow, { warm }]) =>
      [...warm].flatMap(([version, until]) => (until <= performance.now() ? [{ workflow, version }] : [])),
    );
  }

  async unfinished(): ReturnType<WorkflowVersions['unfinished']> {
    const beside = [...this.state.records].filter(([entry, { phase }]) => entry.includes('@') && phase !== 'ready');
    const held = [...this.state.records.values()].filter(
      ({ pointers, scaling }) => pointers?.watched !== undefined || scaling !== undefined,
    );
    const records = [...beside.map(([, record]) => record), ...held].map((record) => {
      const { updating } = this.versionedOf(record.definition.name);
      return { record, ...(updating === undefined ? {} : { updating }) };
    });
    return { records, unreadable: [] };
  }

  async definitions(workflows: readonly string[]): ReturnType<WorkflowVersions['definitions']> {
    const definitions = workflows.flatMap((workflow) => [
      ...this.state.beside(workflow).map(([, { definition }]) => definition),
      ...this.versionedOf(workflow).retired.values(),
    ]);
    return { definitions, unreadable: 0 };
  }

  async report(operationId: string, { total, failed }: Outcomes): Promise<void> {
    const before = await this.outcomes(operationId);
    this.counts.set(operationId, { total: before.total + total, failed: before.failed + failed });
  }

  outcomes(operationId: string): Promise<Outcomes> {
    return Promise.resolve(this.counts.get(operationId) ?? { total: 0, failed: 0 });
  }

  private versionedOf(workflow: string): Versioned {
    const lastVersion = this.state.records.get(workflow)?.definition.version ?? 1;
    const none = { lastVersion, warm: new Map(), retired: new Map(), retiring: new Set<number>() };
    return this.state.versioned.get(workflow) ?? none;
  }

  /** @throws TorchweaveError `workflowNotFound`, `workflowBusy`. */
  idle(workflow: string, { operationId }: OperationRun): Versioned {
    const active = this.state.records.get(workflow);
    if (active?.phase === 'registering')
      throw new TorchweaveError('workflowBusy', { workflow, phase: active.phase, operationId: active.operationId });
    if (active?.phase !== 'ready') throw new TorchweaveError('workflowNotFound', { workflow });
    const versioned = this.versionedOf(workflow);
    const { updating = operationId } = versioned;
    if (updating !== operationId)
      throw new TorchweaveError('workflowBusy', { workflow, phase: 'updating', operationId: updating });
    return versioned;
  }

  private held(entry: string, run: OperationRun): WorkflowRecord {
    const record = this.state.records.get(entry);
    if (!this.state.isHeld(run) || record?.operationId !== run.operationId) throw lost(run);
    return record;
  }
}
