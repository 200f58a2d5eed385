import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import type { GatewayRegistry, ServingGateway } from '../ports/gateway-registry.js';
import type { JobQueue, Operation, OperationPhase } from '../ports/job-queue.js';
import { liveHistoryMs, type LiveHistory } from '../ports/live-history.js';
import type { LiveReports } from '../ports/live-reports.js';
import type { ModelReports } from '../ports/model-reports.js';
import type { OperationHistory, RecentOperations } from '../ports/operation-history.js';
import type { StateFacts, StateProbe } from '../ports/state-facts.js';
import type { WorkflowState } from '../ports/workflow-state.js';
import type { WorkflowVersions } from '../ports/workflow-versions.js';
import { InspectWorkflow } from '../versions/inspect-workflow.js';
import { byState, conditionStates, type Condition, type ConditionState } from './condition.js';
import { judgeModel } from './judge-models.js';
import { judgeWorkflow } from './judge-workflow.js';
import { Lately } from './lately.js';
import { seriesOf } from './series.js';
import { judgeAttempts, LiveView } from './live-view.js';
import { ModelWatch } from './model-watch.js';
import { observeGateway, observeModelServer, observeState } from './observe-parts.js';
import { observeWorkflow } from './observe-workflow.js';
import type { Attention, ObservedInstallation, ObservedPart, ObservedRow, ObservedWorkflow } from './observed.js';
import { pageOf, type TablePage, type TableQuery } from './workflow-table.js';
import { WorkflowIndex, type IndexedWorkflow } from './workflow-index.js';

export interface ObservationPorts {
  readonly state: WorkflowState;
  readonly versions: WorkflowVersions;
  readonly reports: ModelReports;
  readonly live: LiveReports;
  readonly history: Pick<LiveHistory, 'read'>;
  readonly gateways: GatewayRegistry;
  readonly jobs: JobQueue & OperationHistory;
  readonly probe: StateProbe;
}

/** Which operations are asked for. */
export interface OperationQuery {
  readonly workflow?: string | undefined;
  readonly state?: OperationPhase | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** ms for which all who look share what was found, and operations beyond the last few. */
const lookMs = 1_000;
const historyMs = 5_000;
/** Operations of each outcome that are read every second, and that are told at all. */
const recentOperations = 40;
const toldOperations = 400;
const mostAttention = 50;
/** Workflows that are looked at one by one and shared. */
const mostShared = 100;

/** Everything there is to see of an installation at one moment. */
interface Look {
  readonly rows: readonly ObservedRow[];
  readonly live: LiveView;
  readonly parts: readonly ObservedPart[];
}

/**
 * What an operator sees: all of it read from the state, found out at most once a second for all who look, and not at all while nobody
 * does.
 */
export class Observation {
  private readonly index: WorkflowIndex;
  private readonly models: ModelWatch;
  private readonly inspection: InspectWorkflow;
  private readonly look = new Lately(() => this.lookAtAll(), lookMs);
  private readonly recent: Lately<RecentOperations>;
  private readonly history: Lately<RecentOperations>;
  private readonly facts: Lately<StateFacts>;
  private readonly shared = new Map<string, Lately<ObservedWorkflow>>();

  constructor(private readonly ports: ObservationPorts) {
    this.index = new WorkflowIndex(ports.state);
    this.models = new ModelWatch(ports.reports);
    this.inspection = new InspectWorkflow(ports);
    this.facts = new Lately(() => ports.probe.facts(), lookMs);
    this.recent = new Lately(() => ports.jobs.recent(recentOperations), lookMs);
    this.history = new Lately(() => ports.jobs.recent(toldOperations), historyMs);
  }

  /** @param own parts of whoever asks. What the state does not tell because it is away is unknown. */
  async overview(own: readonly ObservedPart[]): Promise<ObservedInstallation> {
    const [look, recent, facts] = await Promise.all([
      whereThere(this.look.get()),
      whereThere(this.recent.get()),
      whereThere(this.facts.get()),
    ]);
    const parts = [...own, observeState(facts), ...(look?.parts ?? [])];
    const { waiting = 0, running = 0, failedLastDay = 0, operations = [] } = recent ?? {};
    return {
      parts,
      workflows: countByState(look?.rows ?? []),
      attention: attentionTo(parts, look?.rows ?? []),
      operations: { waiting, running, failedLastDay, recent: operations.slice(0, recentOperations) },
    };
  }

  /** @throws TorchweaveError `stateUnavailable`. */
  async workflows(query: TableQuery): Promise<TablePage> {
    return pageOf((await this.look.get()).rows, query);
  }

  /** @throws TorchweaveError `workflowNotFound`, `workflowUnreadable`, `stateUnavailable`. */
  workflow(name: string): Promise<ObservedWorkflow> {
    const shared = this.shared.get(name) ?? new Lately(() => this.lookAt(name), lookMs);
    this.shared.delete(name);
    this.shared.set(name, shared);
    const [oldest] = this.shared.keys();
    if (this.shared.size > mostShared && oldest !== undefined) this.shared.delete(oldest);
    return shared.get();
  }

  /** Of the last day, the newest first: the last 400 that have ended well, as many that have failed, and those that have not ended. */
  async operations({ workflow, state, offset, limit }: OperationQuery): Promise<{
    readonly total: number;
    readonly rows: readonly Operation[];
  }> {
    const matched = (await this.told()).filter(
      (operation) =>
        (workflow === undefined || operation.workflow === workflow) &&
        (state === undefined || operation.state === state),
    );
    return { total: matched.length, rows: matched.slice(offset, offset + limit) };
  }

  /** What was read a moment ago instead of what was read with all the others. */
  private async told(): Promise<readonly Operation[]> {
    const [recent, history] = await Promise.all([this.recent.get(), this.history.get()]);
    const told = new Map([...history.operations, ...recent.operations].map((operation) => [operation.id, operation]));
    return [...told.values()].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  private async lookAtAll(): Promise<Look> {
    const [gateways] = await Promise.all([this.ports.gateways.serving(), this.index.refresh()]);
    const [told] = await Promise.all([
      this.ports.live.read(gateways.map(({ gatewayId }) => gatewayId)),
      this.models.refresh(this.index.workflows),
    ]);
    const live = new LiveView(told);
    const rows = [...this.index.workflows.values()].map((workflow) => this.rowOf(workflow, gateways, live));
    const servers = [...this.models.servers()].map(([name, seen]) => observeModelServer(name, seen));
    const last = this.index.followed;
    return { rows, live, parts: [...gateways.map((gateway, i) => observeGateway(gateway, last, told[i])), ...servers] };
  }

  private rowOf(workflow: IndexedWorkflow, gateways: readonly ServingGateway[], view: LiveView): ObservedRow {
    const { name, version, changedAt: registeredAt, models } = workflow;
    const seen = models.length === 0 ? undefined : this.models.seenOf(workflow);
    const nodes = models.map((node): readonly [string, Condition] => [
      node,
      judgeModel(seen?.nodes[node], seen?.ageMs ?? 0),
    ]);
    const failing = view.failing(name).flatMap((node): [string, Condition][] => {
      const condition = judgeAttempts(view.node(name, node));
      return condition === undefined ? [] : [[node, condition]];
    });
    const all = [...nodes, ...failing];
    const health = judgeWorkflow(workflow, gateways, all);
    const cause = all.find(([, { state, remedy }]) => state === health.state && remedy === health.remedy);
    const node = health.state === 'serving' || cause === undefined ? {} : { node: cause[0] };
    return { name, version, health, registeredAt, live: view.workflow(name), ...node };
  }

  private async lookAt(name: string): Promise<ObservedWorkflow> {
    const [inspected, operations, { live }, points] = await Promise.all([
      ...([this.inspect(name), this.told(), this.look.get()] as const),
      this.ports.history.read(name, new Date().getTime() - liveHistoryMs),
    ]);
    return observeWorkflow(inspected, operations, live, seriesOf(points, new Date().getTime()));
  }

  /** Also of one that comes or goes. */
  private async inspect(workflow: string): Promise<Parameters<typeof observeWorkflow>[0]> {
    try {
      return await this.inspection.execute(workflow);
    } catch (error) {
      if (!isTorchweaveError(error, 'workflowNotFound')) throw error;
      const active = await this.ports.state.get(workflow);
      if (active === undefined) throw error;
      const known = { active, beside: [], retired: [], lastVersion: active.definition.version };
      return { known, reports: new Map(), gateways: await this.ports.gateways.serving() };
    }
  }
}

/** @returns undefined where the state is away. */
const whereThere = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof TorchweaveError && error.code === 'stateUnavailable') return undefined;
    throw error;
  });

function countByState(rows: readonly ObservedRow[]): Record<ConditionState, number> {
  const counts = Object.fromEntries(conditionStates.map((state) => [state, 0])) as Record<ConditionState, number>;
  for (const { health } of rows) counts[health.state] += 1;
  return counts;
}

/** What is not as it should be, the worst first; parts before workflows that are as bad, for they may be why. */
function attentionTo(parts: readonly ObservedPart[], rows: readonly ObservedRow[]): readonly Attention[] {
  const ofParts = parts.map(({ kind, id, health }) => ({ health, title: `${kind} ${id}`, href: `fleet/${id}` }));
  const ofRows = rows
    .filter(({ health }) => needsLook(health))
    .map(({ name, node, health }) => ({
      ...{ health, title: name },
      href: node === undefined ? `workflows/${name}` : `workflows/${name}/nodes/${node}`,
    }));
  return [...ofParts.filter(({ health }) => needsLook(health)), ...ofRows]
    .sort((a, b) => byState(a.health.state, b.health.state))
    .slice(0, mostAttention);
}

const needsLook = ({ state }: Condition): boolean =>
  state === 'not serving' || state === 'degraded' || state === 'unknown';
