import { modelNodes, parseVersionId } from '@torchweave/domain';
import type { WorkflowChange, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';

/** What is kept of a workflow, so that many can be looked through without reading them. */
export interface IndexedWorkflow {
  readonly name: string;
  /** Of the active version; 0 of what cannot be read. */
  readonly version: number;
  readonly phase: WorkflowRecord['phase'] | 'unreadable';
  /** Why it cannot be read, or is being undone. */
  readonly failure?: string;
  /** ISO 8601, UTC: since when it is in its phase. */
  readonly changedAt: string;
  readonly revision: number;
  readonly operationId: string;
  /** The names of its model nodes. */
  readonly models: readonly string[];
}

const changesAtOnce = 500;
/** ms between two readings of everything where less or more is known than is registered. */
const rereadMs = 10_000;
/** ms without a look after which everything is read again: removals are remembered for a day. */
const staleMs = 3_600_000;

/** All workflows in short, kept by the changes since the last look: one that finds no change reads no document. */
export class WorkflowIndex {
  private ready = new Map<string, IndexedWorkflow>();
  /** Ids of versions beside the active ones: they count among what is registered. */
  private beside = new Set<string>();
  private all: ReadonlyMap<string, IndexedWorkflow> = new Map();
  private revision = 0;
  private readAllAt = -Infinity;
  private lookedAt = -Infinity;

  constructor(private readonly state: Pick<WorkflowState, 'changesSince' | 'summary' | 'unfinished'>) {}

  /** By name; those that are ready, come, or go. */
  get workflows(): ReadonlyMap<string, IndexedWorkflow> {
    return this.all;
  }

  /** The revision up to which changes are known. */
  get followed(): number {
    return this.revision;
  }

  /** Brings it up to date. Not to be called again before it has ended. @throws TorchweaveError `stateUnavailable`. */
  async refresh(): Promise<void> {
    const now = performance.now();
    const { ready, revision } = await this.state.summary();
    const isBehind = revision < this.revision || now - this.lookedAt > staleMs;
    if (isBehind) this.forget();
    if (revision > this.revision) await this.follow();
    const differs = this.ready.size + this.beside.size !== ready && this.revision === revision;
    if (differs && now - this.readAllAt > rereadMs) {
      this.forget();
      await this.follow();
    }
    const { records, unreadable } = await this.state.unfinished();
    const unfinished = [
      ...records.map(indexed),
      ...unreadable.map(({ data: { workflow }, message }) => unreadableOf(workflow, 0, message)),
    ];
    this.all = new Map([...this.ready, ...unfinished.map((each) => [each.name, each] as const)]);
    this.lookedAt = now;
  }

  private forget(): void {
    this.ready = new Map();
    this.beside = new Set();
    this.revision = 0;
    this.readAllAt = performance.now();
  }

  private async follow(): Promise<void> {
    for (let isMore = true; isMore;) {
      const changes = await this.state.changesSince(this.revision, changesAtOnce);
      for (const change of changes) this.apply(change);
      isMore = changes.length === changesAtOnce;
    }
  }

  private apply({ workflow: id, revision, record, unreadable }: WorkflowChange): void {
    this.revision = revision;
    if (id.includes('@')) {
      if (record === undefined && unreadable === undefined) this.beside.delete(id);
      else this.beside.add(id);
      return;
    }
    if (record !== undefined) this.ready.set(id, indexed(record));
    else if (unreadable !== undefined) this.ready.set(id, unreadableOf(id, revision, unreadable.message));
    else this.ready.delete(id);
  }
}

function indexed({ definition, phase, changedAt, revision, operationId, failure }: WorkflowRecord): IndexedWorkflow {
  const models = modelNodes(definition).map(({ name }) => name);
  const { name, version } = definition;
  return {
    ...{ name, version, phase, changedAt, revision, operationId, models },
    ...(failure === undefined ? {} : { failure: failure.code }),
  };
}

const unreadableOf = (id: string, revision: number, failure: string): IndexedWorkflow => ({
  ...{ name: parseVersionId(id).workflow, version: 0, phase: 'unreadable', failure },
  ...{ changedAt: '', revision, operationId: '', models: [] },
});
