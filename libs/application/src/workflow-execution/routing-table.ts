import {
  ExecutionPlan,
  firstVersion,
  functionNodes,
  isTorchweaveError,
  parseVersionId,
  toTorchweaveError,
  TorchweaveError,
  versionId,
  versionOf,
} from '@torchweave/domain';
import type { ErrorCode, WorkflowDefinition, WorkflowVersion } from '@torchweave/domain';
import { atMost } from '@torchweave/kernel';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowPointers, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { PreparedFunctions } from './prepared-functions.js';
import type { RunnableWorkflow } from './run-workflow.js';
import { RunsUnderWay } from './runs-under-way.js';
import { StateFollower, type Followed } from './state-follower.js';

export interface RoutingTablePorts {
  readonly state: WorkflowState;
  readonly versions: Pick<WorkflowVersions, 'get'>;
  readonly archives: ArchiveStore;
  readonly functions: FunctionRuntime;
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
}

/** What a gateway lacks of what is registered. */
export interface MissingWorkflows {
  /** Registered, as far as this gateway knows. */
  readonly registered: number;
  /** Not served here for a reason that is this gateway's: forgotten, not yet read, or not to be loaded here. */
  readonly missing: number;
  /** Workflows that no gateway can serve, and why. */
  readonly broken: ReadonlyMap<string, TorchweaveError>;
}

/** A workflow that the state calls ready but that this gateway cannot load; loading is tried again. */
interface FailedWorkflow {
  readonly revision: number;
  readonly error: TorchweaveError;
  readonly triedAt: number;
  /** ms until it is tried again unasked. */
  readonly pauseMs: number;
}

/** A version of a workflow that a gateway serves. */
export interface ServedWorkflow extends RunnableWorkflow {
  /** The operation that has made the version: tells registrations of one name apart. */
  readonly operationId: string;
  /** The revision from which on the name has been served without a gap, in whatever version. */
  readonly since: number;
  /** Of an active version. */
  readonly pointers?: WorkflowPointers;
}

interface LoadedWorkflow extends ServedWorkflow {
  readonly runs: RunsUnderWay;
}

/** ms that a name's last change is remembered after the workflow is gone: longer than any look-up takes. */
const tombstoneMs = 300_000;
/** ms before a workflow that cannot be loaded is tried again, on demand or unasked; doubled each time where nobody asks. */
const reloadAfterMs = 5_000;
const longestReloadPauseMs = 300_000;
/** ms that the removal of a workflow waits for its runs under way before it is announced; they may take longer. */
const drainMs = 1_000;

/** Whether what is loaded is of the same registration, in this version or another one: one that was registered anew begins with the first. */
const isContinued = (
  loaded: LoadedWorkflow | undefined,
  { definition, operationId }: WorkflowRecord,
): loaded is LoadedWorkflow =>
  loaded !== undefined &&
  (loaded.operationId === operationId || loaded.version > firstVersion || definition.version > firstVersion);

/** Faults that lie in the workflow: no other gateway can load it either. */
const workflowFaults = new Set<ErrorCode>([
  ...(['functionLoadFailed', 'workflowUnreadable', 'manifestFieldInvalid'] as const),
  ...(['archiveUnreadable', 'archiveEntryRefused', 'archiveLimitExceeded'] as const),
]);

/** ms that a failed run waits for the state to tell whether its workflow is still registered. */
const withdrawalPatienceMs = 500;
const leavingPatienceMs = 1_000;

/**
 * The workflows that a gateway serves, kept in memory.
 *
 * A name it does not know is looked up before it counts as missing, so a workflow that was answered 200 is served even by a
 * gateway that has not followed yet, see {@link StateFollower}. Functions that it has loaded for a registration under way are
 * taken over, see {@link PreparedFunctions}. Changes of one name happen one at a time, in order.
 */
export class RoutingTable {
  private readonly prepared: PreparedFunctions;
  private readonly follower: StateFollower;
  /** The active versions by the workflows' names, those beside them by their ids. */
  private readonly workflows = new Map<string, LoadedWorkflow>();
  private readonly failed = new Map<string, FailedWorkflow>();
  /**
   * The newest change known of each name since everything was last begun to be read: an older record that a look-up brings is
   * not loaded.
   */
  private readonly newest = new Map<string, number>();
  private readonly changing = new Map<string, Promise<void>>();
  private readonly withdrawals = new Map<string, Promise<boolean>>();
  private retrying = false;

  constructor(
    private readonly gatewayId: string,
    private readonly ports: RoutingTablePorts,
  ) {
    this.prepared = new PreparedFunctions(gatewayId, ports);
    this.follower = new StateFollower(gatewayId, this.followed(), ports);
  }

  /**
   * Loads what is registered, and follows every change from then on.
   *
   * @throws TorchweaveError `stateUnavailable` when it could not be read for half a minute.
   */
  async start(): Promise<void> {
    await this.follower.watch();
    // Before the first announcement: whoever has a lease is asked.
    await this.prepared.start();
    await this.follower.start();
  }

  get size(): number {
    return this.workflows.size;
  }

  /** Why this gateway serves less than is registered. */
  get missing(): MissingWorkflows {
    const broken = [...this.failed].filter(([, { error }]) => workflowFaults.has(error.code));
    const missing = this.follower.forgotten + this.failed.size - broken.length;
    return {
      registered: Math.max(this.follower.registered, this.known + this.follower.forgotten),
      missing,
      broken: new Map(broken.map(([name, { error }]) => [name, error])),
    };
  }

  /** The active version of a workflow, when this gateway has it loaded: the hot path. */
  get(name: string): ServedWorkflow | undefined {
    return this.workflows.get(name);
  }

  /** A version of a workflow, active or beside, when this gateway has it loaded. */
  getVersion(version: WorkflowVersion): ServedWorkflow | undefined {
    const active = this.workflows.get(version.workflow);
    return active?.version === version.version ? active : this.workflows.get(versionId(version));
  }

  /**
   * The functions of a version that an operation is about to commit, as this gateway has prepared them; undefined where it has none.
   *
   * @throws whatever loading throws.
   */
  async functionsOf(definition: WorkflowDefinition, operationId: string): Promise<string | undefined> {
    return functionNodes(definition).length === 0 ? undefined : this.prepared.lend(definition, operationId);
  }

  /**
   * Reads the state for a name that is not in the table.
   *
   * @throws TorchweaveError why the workflow cannot be loaded here, `workflowUnreadable`, or `stateUnavailable`.
   */
  async lookUp(name: string): Promise<ServedWorkflow | undefined> {
    // No workflow has such a name: versions are asked for by their numbers.
    if (name.includes('@')) return undefined;
    return this.read(name, () => this.ports.state.get(name));
  }

  /** As {@link lookUp}, for a version that is not in the table. */
  async lookUpVersion(version: WorkflowVersion): Promise<ServedWorkflow | undefined> {
    const id = versionId(version);
    await this.read(id, () => this.ports.versions.get(version));
    return this.getVersion(version);
  }

  /** @param entry the name of a workflow, or the id of a version; one that turns out to be the active one is known by the name. */
  private async read(
    entry: string,
    get: () => Promise<WorkflowRecord | undefined>,
  ): Promise<ServedWorkflow | undefined> {
    for (;;) {
      const { epoch } = this.follower;
      const record = await get();
      // What was stored before everything is read again may be stored no more.
      if (epoch !== this.follower.epoch) continue;
      if (record?.phase !== 'ready') return undefined;
      const name = record.pointers === undefined ? entry : record.definition.name;
      await this.ready(name, record);
      const found = this.workflows.get(name);
      if (found !== undefined) return found;
      const failure = this.failed.get(name);
      if (failure !== undefined) throw failure.error;
      return undefined;
    }
  }

  /**
   * What to answer when a run has failed. A workflow that was unregistered meanwhile, or registered anew, has taken away what
   * the run needed: it is not found.
   */
  async failureOf(workflow: ServedWorkflow, error: unknown): Promise<unknown> {
    if (!isTorchweaveError(error, 'nodeFailed')) return error;
    const { name, since } = workflow;
    const active = this.workflows.get(name);
    // In whatever version: one that is gone has not taken the workflow with it.
    if (active?.since === since && !(await this.isWithdrawn(active))) return error;
    return new TorchweaveError('workflowNotFound', { workflow: name }, { cause: error });
  }

  /**
   * Stops following and takes the gateway out of the registry; what is loaded is still served. A state that does not answer
   * keeps nobody waiting for longer than a second: the lease ends by itself.
   */
  async leave(): Promise<void> {
    await atMost(leavingPatienceMs, this.depart());
    this.prepared.stop();
  }

  private async depart(): Promise<void> {
    await this.follower.close();
    await this.ports.gateways.leave(this.gatewayId).catch((error: unknown) => {
      this.ports.logger.warn({ err: error }, 'could not leave the gateway registry; the lease ends by itself');
    });
  }

  /** By the state, for a gateway that has not followed yet. One question at a time for each name: many runs may fail. */
  private isWithdrawn(active: LoadedWorkflow): Promise<boolean> {
    const { name } = active;
    let asked = this.withdrawals.get(name);
    if (asked === undefined) {
      const patience = new Promise<boolean>((resolve) => setTimeout(resolve, withdrawalPatienceMs, false).unref());
      const told = this.ports.state.get(name).then(
        (record) => record?.phase !== 'ready' || !isContinued(active, record),
        () => false,
      );
      asked = Promise.race([told, patience]).finally(() => this.withdrawals.delete(name));
      this.withdrawals.set(name, asked);
    }
    return asked;
  }

  private followed(): Followed {
    return {
      apply: ({ workflow, revision, record, unreadable }) => {
        if (record !== undefined) return this.ready(workflow, record);
        if (unreadable !== undefined) return this.unreadable(workflow, revision, unreadable);
        return this.gone(workflow, revision);
      },
      forgetChanges: () => this.newest.clear(),
      dropUnknown: () => this.dropUnknown(),
      caughtUp: () => void this.retryFailed(),
      whenChanged: async () => void (await Promise.all(this.changing.values())),
      known: () => this.known,
      isChanging: () => this.changing.size > 0,
    };
  }

  private get known(): number {
    return this.workflows.size + this.failed.size;
  }

  private dropUnknown(): void {
    for (const name of new Set([...this.workflows.keys(), ...this.failed.keys(), ...this.changing.keys()])) {
      if (!this.newest.has(name)) void this.change(name, () => this.drop(name));
    }
  }

  private ready(name: string, record: WorkflowRecord): Promise<void> {
    if (!this.isNews(name, record.revision)) return Promise.resolve();
    return this.change(name, () => this.load(name, record));
  }

  /** What is loaded of this very revision is served on. */
  private unreadable(name: string, revision: number, error: TorchweaveError): Promise<void> {
    if (!this.isNews(name, revision)) return Promise.resolve();
    return this.change(name, () => this.noteFailure(name, revision, error));
  }

  /** Resolves when the runs of the workflow have ended, or soon. */
  private gone(name: string, revision: number): Promise<void> {
    if (!this.isNews(name, revision)) return Promise.resolve();
    return this.change(name, () => this.drop(name));
  }

  /** Looks again at what could not be loaded, one workflow after the other, each after a longer pause. */
  private async retryFailed(): Promise<void> {
    if (this.retrying) return;
    this.retrying = true;
    try {
      for (let name = this.dueAgain(); name !== undefined && !this.follower.isClosed; name = this.dueAgain()) {
        await this.lookUp(name).catch(() => undefined);
        const failed = this.failed.get(name);
        if (failed === undefined) continue;
        const pauseMs = Math.min(failed.pauseMs * 2, longestReloadPauseMs);
        this.failed.set(name, { ...failed, triedAt: performance.now(), pauseMs });
      }
    } finally {
      this.retrying = false;
    }
  }

  private dueAgain(): string | undefined {
    const now = performance.now();
    for (const [name, { triedAt, pauseMs }] of this.failed) if (now - triedAt >= pauseMs) return name;
    return undefined;
  }

  private isNews(name: string, revision: number): boolean {
    if ((this.newest.get(name) ?? 0) > revision) return false;
    this.newest.set(name, revision);
    return true;
  }

  /** One after the other, all versions of a workflow too: what one of them has loaded another one may take over. */
  private change(name: string, change: () => Promise<void> | void): Promise<void> {
    const { workflow } = parseVersionId(name);
    const now = (this.changing.get(workflow) ?? Promise.resolve()).then(change).finally(() => {
      if (this.changing.get(workflow) === now) this.changing.delete(workflow);
    });
    this.changing.set(workflow, now);
    return now;
  }

  private async load(name: string, record: WorkflowRecord): Promise<void> {
    const { definition, revision, operationId, pointers } = record;
    const loaded = this.workflows.get(name);
    if (loaded?.revision === revision || (this.newest.get(name) ?? revision) > revision) return;
    if (this.hasJustFailed(name, revision)) return;
    try {
      const plan = new ExecutionPlan(definition);
      const unit =
        functionNodes(definition).length === 0
          ? {}
          : { functionUnitId: await this.prepared.take(definition, operationId) };
      this.workflows.set(name, {
        ...{ name: definition.name, version: definition.version, revision, operationId, plan },
        ...{ since: this.sinceOf(name, record), runs: new RunsUnderWay(), ...unit },
        ...(pointers === undefined ? {} : { pointers }),
      });
      this.failed.delete(name);
      this.ports.logger.info({ ...versionOf(definition), revision }, 'serving workflow');
      if (loaded !== undefined) void this.unload(loaded);
    } catch (thrown) {
      this.noteFailure(name, revision, toTorchweaveError(thrown));
    }
  }

  private sinceOf(name: string, record: WorkflowRecord): number {
    const { workflow } = parseVersionId(name);
    const active = this.workflows.get(workflow);
    if (name !== workflow) return active?.since ?? record.revision;
    return isContinued(active, record) ? active.since : record.revision;
  }

  /** What could not be read has been read since: there is nothing to wait for. */
  private hasJustFailed(name: string, revision: number): boolean {
    const failed = this.failed.get(name);
    if (failed?.revision !== revision || failed.error.code === 'workflowUnreadable') return false;
    return performance.now() - failed.triedAt < reloadAfterMs;
  }

  private noteFailure(name: string, revision: number, error: TorchweaveError): void {
    const loaded = this.workflows.get(name);
    if (loaded?.revision === revision) return;
    if (loaded !== undefined) {
      this.workflows.delete(name);
      void this.unload(loaded);
    }
    const before = this.failed.get(name);
    const isAgain = before?.revision === revision;
    const pauseMs = isAgain ? before.pauseMs : reloadAfterMs;
    this.failed.set(name, { revision, error, triedAt: performance.now(), pauseMs });
    if (isAgain && before.error.message === error.message) return;
    this.ports.logger.error({ workflow: name, err: error }, 'workflow cannot be loaded by this gateway');
  }

  private async drop(name: string): Promise<void> {
    const loaded = this.workflows.get(name);
    this.workflows.delete(name);
    this.failed.delete(name);
    const revision = this.newest.get(name);
    setTimeout(() => this.newest.get(name) === revision && this.newest.delete(name), tombstoneMs).unref();
    if (loaded === undefined) return;
    this.ports.logger.info({ workflow: name }, 'no longer serving workflow');
    await atMost(drainMs, this.unload(loaded));
  }

  /** Resolves when its runs have ended; that its functions end afterwards nobody waits for. */
  private async unload({ name, runs, functionUnitId }: LoadedWorkflow): Promise<void> {
    await runs.whenNone();
    if (functionUnitId === undefined) return;
    this.prepared.unload(functionUnitId).catch((error: unknown) => {
      this.ports.logger.error({ workflow: name, err: error }, 'functions cannot be unloaded');
    });
  }
}
