import type { GatewayRegistry } from '../ports/gateway-registry.js';
import type { Logger } from '../ports/logger.js';
import type { WorkflowChange, WorkflowState } from '../ports/workflow-state.js';

export interface StateFollowerPorts {
  readonly state: WorkflowState;
  readonly gateways: GatewayRegistry;
  readonly logger: Logger;
}

/** What follows the state's changes. */
export interface Followed {
  /** Applies a change after those of the same name that were applied before; never rejects. */
  apply(change: WorkflowChange): Promise<void>;
  /** Changes are told from the first one again. */
  forgetChanges(): void;
  /** All changes have been told since {@link forgetChanges}: what none of them was about is registered no more. */
  dropUnknown(): void;
  /** Told when there is nothing more to follow for now. */
  caughtUp(): void;
  /** Workflows that are known to be registered, whether they could be loaded or not. */
  known(): number;
  isChanging(): boolean;
  /** Resolves when the changes under way are done. */
  whenChanged(): Promise<void>;
}

interface PendingChange {
  readonly revision: number;
  readonly applied: Promise<void>;
}

const changesAtOnce = 200;
/** Changes that may be under way at the same time. */
const parallelChanges = 16;
/** ms between two tries to read what is registered when a gateway starts. */
const startRetryMs = 500;
const startPatienceMs = 30_000;
/** ms before everything is read again where that did not help; doubled each time. */
const rereadAfterMs = 2_000;
const longestRereadPauseMs = 60_000;
/**
 * Follows the state's changes by their revision, so that nothing is missed over a lost connection, and announces how far this
 * gateway is. Whenever it has followed to the end it compares how much is known with what is registered.
 */
export class StateFollower {
  /** Workflows that are registered, as last heard. */
  registered = 0;
  private isShort = false;
  /** Changes that are not applied yet. */
  private readonly pending = new Set<PendingChange>();
  private revision = 0;
  private currentEpoch = 0;
  /** Why the state could not be followed last; told once, until it can again. */
  private trouble: Error | undefined;
  /** True until everything has been read since {@link resync}. */
  private isReading = true;
  private rereadPauseMs = 0;
  private rereadAt = -Infinity;
  private following: Promise<void> | undefined;
  private followAgain = false;
  private stopWatching: (() => Promise<void>) | undefined;
  private announcing: NodeJS.Timeout | undefined;
  private announcedRevision: number | undefined;
  /** Resolves when the last announcement, and all before it, have been made or have failed. */
  private announcement: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly gatewayId: string,
    private readonly followed: Followed,
    private readonly ports: StateFollowerPorts,
  ) {}

  /**
   * Resolves when everything that is registered has been read.
   *
   * @throws what the state says when it has kept it from that for half a minute.
   */
  async start(): Promise<void> {
    const deadline = performance.now() + startPatienceMs;
    await this.catchUp();
    while (this.isReading && !this.closed) {
      if (this.trouble !== undefined && performance.now() > deadline) throw this.trouble;
      await new Promise((resolve) => setTimeout(resolve, startRetryMs));
      await this.catchUp();
    }
    // Once more, with a lease: what was withdrawn before did not wait for this gateway, what is withdrawn from now on does.
    await this.announce();
    await this.catchUp();
    if (this.closed) return;
    this.announcing = setInterval(() => void this.announce(), this.ports.gateways.leaseMs / 3).unref();
  }

  /** Calls {@link follow} itself from now on. */
  async watch(): Promise<void> {
    this.stopWatching = await this.ports.state.watch((connectionWasLost) => {
      if (connectionWasLost) this.resync();
      void this.follow();
    });
  }

  /**
   * Counts how often everything was begun to be read anew: an answer of the state that was asked for before that is worth
   * nothing after it.
   */
  get epoch(): number {
    return this.currentEpoch;
  }

  /** How many workflows are registered of which nothing was heard, though everything was followed to the end. */
  get forgotten(): number {
    return this.isShort ? Math.max(0, this.registered - this.followed.known()) : 0;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.announcing);
    await this.stopWatching?.();
    await this.following;
    // One that arrives after the gateway has left would bring its lease back.
    await this.announcement;
  }

  /**
   * Reads everything again: after a lost connection the state may have been restored from an older copy. What is loaded
   * in the same revision stays loaded.
   */
  private resync(): void {
    this.currentEpoch += 1;
    this.revision = 0;
    this.announcedRevision = undefined;
    this.isReading = true;
    this.followed.forgetChanges();
  }

  private async catchUp(): Promise<void> {
    await this.follow();
    await this.followed.whenChanged();
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
        await this.compare();
      }
      this.followed.caughtUp();
      if (this.trouble !== undefined) this.ports.logger.info({}, 'follows the workflow state again');
      this.trouble = undefined;
    } catch (error) {
      // Served on from memory; the state's watch calls again.
      if (this.trouble === undefined) this.ports.logger.warn({ err: error }, 'cannot follow the workflow state');
      this.trouble = error instanceof Error ? error : new Error(String(error));
    }
  }

  private async applyNewChanges(): Promise<void> {
    let isMore = true;
    while (isMore && !this.closed) {
      const epoch = this.currentEpoch;
      const changes = await this.ports.state.changesSince(this.revision, changesAtOnce);
      if (epoch === this.currentEpoch) await this.applyAll(changes);
      // Of what was asked before everything is read again nothing counts: not what it tells, and not that it was the rest.
      isMore = epoch !== this.currentEpoch || changes.length === changesAtOnce;
    }
    if (this.closed) return;
    if (this.isReading) this.followed.dropUnknown();
    this.isReading = false;
    await this.announceProgress();
  }

  private async applyAll(changes: readonly WorkflowChange[]): Promise<void> {
    const epoch = this.currentEpoch;
    for (const change of changes) {
      this.apply(change);
      this.revision = change.revision;
      if (this.pending.size >= parallelChanges) await Promise.race([...this.pending].map(({ applied }) => applied));
      if (epoch !== this.currentEpoch) return;
    }
  }

  /** Begins to apply a change; announces again when it is the last one under way. */
  private apply(change: WorkflowChange): void {
    const pending = { revision: change.revision, applied: this.followed.apply(change) };
    this.pending.add(pending);
    void pending.applied.then(() => {
      this.pending.delete(pending);
      return this.announceProgress();
    });
  }

  /**
   * Compares with the state when it has followed to the end. A gateway that has less, or more, than is registered has missed
   * something, whatever it was: it reads everything again.
   */
  private async compare(): Promise<void> {
    const { currentEpoch: epoch, revision } = this;
    if (this.closed || this.isBusy) return;
    const { ready, revision: last } = await this.ports.state.summary();
    // While it was asked something else has come up, or there is more to follow: the next look tells.
    if (epoch !== this.currentEpoch || revision !== this.revision || this.isBusy || last > revision) return;
    const known = this.followed.known();
    this.registered = ready;
    this.isShort = known < ready;
    if (known === ready && last === revision) {
      this.rereadPauseMs = 0;
      return;
    }
    if (performance.now() < this.rereadAt) return;
    this.rereadPauseMs = Math.min(this.rereadPauseMs * 2 || rereadAfterMs, longestRereadPauseMs);
    this.rereadAt = performance.now() + this.rereadPauseMs;
    this.ports.logger.error({ registered: ready, known, revision, last }, 'knows other workflows than are registered');
    this.resync();
    this.followAgain = true;
  }

  private get isBusy(): boolean {
    return this.isReading || this.pending.size > 0 || this.followed.isChanging();
  }

  /** Everything up to here is served. */
  private get servedRevision(): number {
    let served = this.revision;
    for (const { revision } of this.pending) served = Math.min(served, revision - 1);
    return served;
  }

  /** Every announcement wakes all workers: one that says nothing new is left to the lease's renewal. */
  private async announceProgress(): Promise<void> {
    if (!this.isReading && this.servedRevision !== this.announcedRevision) await this.announce();
  }

  private announce(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.announcement = Promise.all([this.announcement, this.announceNow()]).then(() => undefined);
    return this.announcement;
  }

  private async announceNow(): Promise<void> {
    const revision = this.servedRevision;
    try {
      this.announcedRevision = revision;
      await this.ports.gateways.announce(this.gatewayId, revision);
    } catch (error) {
      this.announcedRevision = undefined;
      if (this.trouble === undefined) this.ports.logger.warn({ err: error }, 'cannot announce this gateway');
    }
  }
}
