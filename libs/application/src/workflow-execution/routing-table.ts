import { ExecutionPlan, functionNodes, toTorchweaveError, type TorchweaveError } from '@torchweave/domain';
import type { ArchiveStore } from '../ports/archive-store.js';
import type { FunctionRuntime } from '../ports/function-runtime.js';
import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowChange, WorkflowRecord, WorkflowState } from '../ports/workflow-state.js';
import { PreparedFunctions } from './prepared-functions.js';
import type { RunnableWorkflow } from './run-workflow.js';

export interface RoutingTablePorts {
  readonly state: WorkflowState;
  readonly archives: ArchiveStore;
  readonly functions: FunctionRuntime;
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
}

/** A workflow that the state calls ready but that this gateway cannot load; loading is tried again on demand. */
interface Unloadable {
  readonly revision: number;
  readonly error: TorchweaveError;
  readonly triedAt: number;
}

const changesAtOnce = 200;
/** Changes that may be under way at the same time. */
const parallelChanges = 16;
/** ms that a name's last change is remembered after the workflow is gone: longer than any look-up takes. */
const tombstoneMs = 300_000;
/** ms before a workflow that cannot be loaded is tried again. */
const reloadAfterMs = 5_000;

/**
 * The workflows that a gateway serves, kept in memory.
 *
 * It follows the state's changes by their revision, so nothing is missed over a lost connection, and announces how far it
 * is: registration and unregistration wait for that. A name it does not know is looked up before it counts as missing,
 * so a workflow that was answered 200 is served even by a gateway that has not followed yet. Functions that it has loaded
 * for a registration under way are taken over, see {@link PreparedFunctions}.
 */
export class RoutingTable {
  private readonly prepared: PreparedFunctions;
  private readonly workflows = new Map<string, RunnableWorkflow>();
  private readonly unloadable = new Map<string, Unloadable>();
  /** The newest change seen of each name, so that an older record that a look-up brings is not loaded. */
  private readonly newest = new Map<string, number>();
  private readonly applying = new Map<string, Promise<void>>();
  /** Revisions of changes that are not applied yet, oldest first. */
  private readonly pending = new Set<number>();
  private revision = 0;
  /** While everything is read again: what is served but has not come up yet. */
  private unseen: Set<string> | undefined;
  private following: Promise<void> | undefined;
  private followAgain = false;
  private stopWatching: (() => Promise<void>) | undefined;
  private announcing: NodeJS.Timeout | undefined;
  private announcedRevision: number | undefined;
  private closed = false;

  constructor(
    private readonly gatewayId: string,
    private readonly ports: RoutingTablePorts,
  ) {
    this.prepared = new PreparedFunctions(gatewayId, ports);
  }

  /** Loads what is registered and follows every change from then on. */
  async start(): Promise<void> {
    this.stopWatching = await this.ports.state.watch((connectionWasLost) => {
      if (connectionWasLost) this.resync();
      void this.follow();
    });
    // Before the first announcement: whoever has a lease is asked.
    await this.prepared.start();
    await this.catchUp();
    // Once more, with a lease: what was withdrawn before did not wait for this gateway, what is withdrawn from now on does.
    await this.announce();
    await this.catchUp();
    this.announcing = setInterval(() => void this.announce(), this.ports.gateways.leaseMs / 3).unref();
  }

  get size(): number {
    return this.workflows.size;
  }

  /** The workflow, when this gateway has it loaded: the hot path. */
  get(name: string): RunnableWorkflow | undefined {
    return this.workflows.get(name);
  }

  /**
   * Reads the state for a name that is not in the table.
   *
   * @throws TorchweaveError why the workflow cannot be loaded here, or `stateUnavailable`.
   */
  async lookUp(name: string): Promise<RunnableWorkflow | undefined> {
    const record = await this.ports.state.get(name);
    if (record?.phase !== 'ready') return undefined;
    await this.enqueue(name, () => this.load(name, record));
    const failure = this.unloadable.get(name);
    if (failure !== undefined) throw failure.error;
    return this.workflows.get(name);
  }

  /** Stops following and takes the gateway out of the registry; what is loaded is still served. */
  async leave(): Promise<void> {
    this.closed = true;
    clearInterval(this.announcing);
    await this.stopWatching?.();
    await this.following;
    this.prepared.stop();
    await this.ports.gateways.leave(this.gatewayId).catch((error: unknown) => {
      this.ports.logger.warn({ err: error }, 'could not leave the gateway registry; the lease ends by itself');
    });
  }

  /**
   * Reads everything again: after a lost connection the state may have been restored from an older copy. What is loaded
   * in the same revision stays loaded.
   */
  private resync(): void {
    this.revision = 0;
    this.announcedRevision = undefined;
    this.unseen = new Set([...this.workflows.keys(), ...this.unloadable.keys()]);
    this.newest.clear();
  }

  private async catchUp(): Promise<void> {
    await this.follow();
    await Promise.all(this.applying.values());
  }

  /** Applies all new changes; calls while it runs make it run once more. */
  private follow(): Promise<void> {
    this.followAgain = true;
    this.following ??= this.followChanges().finally(() => (this.following = undefined));
    return this.following;
  }

  private async followChanges(): Promise<void> {
    try {
      while (this.followAgain && !this.closed) {
        this.followAgain = false;
        await this.applyNewChanges();
      }
    } catch (error) {
      // Served on from memory; the state's watch calls again.
      this.ports.logger.warn({ err: error }, 'cannot follow the workflow state');
    }
  }

  private async applyNewChanges(): Promise<void> {
    for (;;) {
      const changes = await this.ports.state.changesSince(this.revision, changesAtOnce);
      for (const change of changes) {
        this.unseen?.delete(change.workflow);
        this.apply(change);
        this.revision = change.revision;
        if (this.pending.size >= parallelChanges) await Promise.race(this.applying.values());
      }
      if (changes.length < changesAtOnce) break;
    }
    for (const workflow of this.unseen ?? []) await this.enqueue(workflow, () => this.drop(workflow));
    this.unseen = undefined;
    await this.announceProgress();
  }

  /** Begins to apply a change; announces again when it is the last one under way. */
  private apply({ workflow, revision, record }: WorkflowChange): void {
    this.newest.set(workflow, revision);
    this.pending.add(revision);
    const applied = this.enqueue(workflow, () =>
      record === undefined ? this.drop(workflow) : this.load(workflow, record),
    );
    void applied.then(() => {
      this.pending.delete(revision);
      return this.announceProgress();
    });
  }

  /** Everything up to here is served. */
  private get servedRevision(): number {
    const [oldest] = this.pending;
    return oldest === undefined ? this.revision : oldest - 1;
  }

  /** Every announcement wakes all workers: one that says nothing new is left to the lease's renewal. */
  private async announceProgress(): Promise<void> {
    if (this.servedRevision !== this.announcedRevision) await this.announce();
  }

  private async announce(): Promise<void> {
    if (this.closed) return;
    const revision = this.servedRevision;
    try {
      this.announcedRevision = revision;
      await this.ports.gateways.announce(this.gatewayId, revision);
    } catch (error) {
      this.announcedRevision = undefined;
      this.ports.logger.warn({ err: error }, 'cannot announce this gateway');
    }
  }

  /** One change of a name at a time, in order. Never rejects: `load` and `drop` keep their failures. */
  private enqueue(name: string, change: () => Promise<void> | void): Promise<void> {
    const now = (this.applying.get(name) ?? Promise.resolve()).then(change).finally(() => {
      if (this.applying.get(name) === now) this.applying.delete(name);
    });
    this.applying.set(name, now);
    return now;
  }

  private async load(name: string, record: WorkflowRecord): Promise<void> {
    const { logger } = this.ports;
    const loaded = this.workflows.get(name);
    if (loaded !== undefined && loaded.revision === record.revision) return;
    if ((this.newest.get(name) ?? 0) > record.revision) return;
    const failed = this.unloadable.get(name);
    if (failed?.revision === record.revision && performance.now() - failed.triedAt < reloadAfterMs) return;
    try {
      const { definition, revision, operationId } = record;
      const plan = new ExecutionPlan(definition);
      const unit =
        functionNodes(definition).length === 0
          ? {}
          : { functionUnitId: await this.prepared.take(definition, operationId) };
      this.workflows.set(name, { name, revision, plan, ...unit });
      this.unloadable.delete(name);
      logger.info({ workflow: name, revision }, 'serving workflow');
    } catch (thrown) {
      const error = toTorchweaveError(thrown);
      this.workflows.delete(name);
      this.unloadable.set(name, { revision: record.revision, error, triedAt: performance.now() });
      logger.error({ workflow: name, err: error }, 'workflow cannot be loaded by this gateway');
    }
    // After a restore of the state one registration may come with another revision.
    const isReused = loaded?.functionUnitId === this.workflows.get(name)?.functionUnitId;
    if (loaded !== undefined && !isReused) this.unload(loaded);
  }

  private drop(name: string): void {
    const loaded = this.workflows.get(name);
    this.workflows.delete(name);
    this.unloadable.delete(name);
    const revision = this.newest.get(name);
    setTimeout(() => this.newest.get(name) === revision && this.newest.delete(name), tombstoneMs).unref();
    if (loaded === undefined) return;
    this.unload(loaded);
    this.ports.logger.info({ workflow: name }, 'no longer serving workflow');
  }

  /** Lets calls under way end; nobody waits for that. */
  private unload(workflow: RunnableWorkflow): void {
    if (workflow.functionUnitId === undefined) return;
    this.ports.functions.unload(workflow.functionUnitId).catch((error: unknown) => {
      this.ports.logger.error({ workflow: workflow.name, err: error }, 'functions cannot be unloaded');
    });
  }
}
