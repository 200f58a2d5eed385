import type { Counted, LiveReport, NodeFigures, WorkflowFigures } from '@torchweave/application';
import { requestBuckets } from './buckets.js';
import type { Durations } from './duration-histogram.js';
import type { NodeSeries, WorkflowSeries } from './workflow-series.js';

/** Workflows that a report tells of, and nodes of all of them: some 200 bytes a node. */
const mostWorkflows = 200;
const mostNodes = 2_000;
/** ms: figures are of the last five to ten seconds. */
const halfWindowMs = 5_000;

const boundsMs = requestBuckets.map((seconds) => seconds * 1_000);

/** The counters of one node or version at one moment. */
interface Counters extends Counted {
  readonly retries: number;
  readonly waited: number;
  readonly lasted: number;
  /** By what the buckets are counted: those of a version are the workflow's as long as it is the only one. */
  readonly by: Durations | undefined;
}

/** The counters of one workflow at one moment; by the name of its nodes and versions. */
interface Taken {
  readonly of: WorkflowSeries;
  readonly ended: number;
  readonly total: Counters;
  readonly versions: ReadonlyMap<number, Counters>;
  readonly nodes: ReadonlyMap<string, Counters>;
}

interface Generation {
  readonly at: number;
  readonly taken: ReadonlyMap<string, Taken>;
}

/** What goes on, by the differences of what is counted for metrics: predictions pay nothing for it. */
export class LiveFigures {
  private newer: Generation = { at: performance.now(), taken: new Map() };
  private older = this.newer;
  private failing = new Map<string, string>();

  /** @param series what is counted of every workflow. */
  constructor(private readonly series: () => Iterable<WorkflowSeries>) {}

  /** Of the last five to ten seconds. */
  sample(): Pick<LiveReport, 'windowMs' | 'boundsMs' | 'workflows' | 'left'> {
    const now = performance.now();
    const busy = [...this.series()].flatMap((series) => this.figuresOf(series) ?? []);
    const windowMs = Math.max(1, now - this.older.at);
    this.failing = new Map(busy.flatMap(failingIn));
    busy.sort((a, b) => b.total.requests - a.total.requests);
    if (now - this.newer.at >= halfWindowMs) [this.older, this.newer] = [this.newer, this.take()];
    const workflows = busy.slice(0, toldOf(busy));
    return { windowMs, boundsMs, workflows, left: busy.length - workflows.length };
  }

  /** What has not changed since the last time is not copied again. */
  private take(): Generation {
    const taken = [...this.series()].map((series): [string, Taken] => {
      const before = this.newer.taken.get(series.workflow);
      const isSame = before?.of === series && before.ended === endedIn(series);
      return [series.workflow, isSame ? before : takenOf(series)];
    });
    return { at: performance.now(), taken: new Map(taken) };
  }

  /** @returns undefined where nothing goes on. */
  private figuresOf(series: WorkflowSeries): WorkflowFigures | undefined {
    const before = this.older.taken.get(series.workflow);
    const known = before?.of === series ? before : undefined;
    if (series.inFlight === 0 && endedIn(series) === (known?.ended ?? 0)) return undefined;
    const now = takenOf(series);
    const nodes = [...series.nodes].map(([name, node]): [string, NodeFigures] => {
      const counted = now.nodes.get(name) as Counters;
      return [name, this.nodeFigures(`${series.workflow}/${name}`, node, counted, known?.nodes.get(name))];
    });
    const versions = [...now.versions].map(([version, counters]): [string, Counted] => [
      String(version),
      countedSince(counters, known?.versions.get(version)),
    ]);
    return {
      ...{ workflow: series.workflow, total: countedSince(now.total, known?.total) },
      ...{ versions: Object.fromEntries(versions), nodes: Object.fromEntries(nodes) },
    };
  }

  private nodeFigures(key: string, node: NodeSeries, now: Counters, before: Counters | undefined): NodeFigures {
    const counted = countedSince(now, before);
    const lasted = now.lasted - (before?.lasted ?? 0);
    const waitShare = lasted > 0 ? Math.min(1, (now.waited - (before?.waited ?? 0)) / lasted) : 0;
    const waiting = Math.round(node.inFlight * waitShare);
    const failingSince =
      counted.failed === 0 ? {} : { failingSince: this.failing.get(key) ?? new Date().toISOString() };
    return {
      ...{ ...counted, retries: now.retries - (before?.retries ?? 0), waiting, running: node.inFlight - waiting },
      ...{ ...failingSince, ...(node.lastFault === undefined ? {} : { lastFault: node.lastFault }) },
    };
  }
}

/** How many of them are told, the first in any case. */
function toldOf(busy: readonly WorkflowFigures[]): number {
  let nodes = 0;
  const beyond = busy.findIndex((each, i) => {
    nodes += Object.keys(each.nodes).length;
    return i === mostWorkflows || (i > 0 && nodes > mostNodes);
  });
  return beyond === -1 ? busy.length : beyond;
}

const failingIn = ({ workflow, nodes }: WorkflowFigures): [string, string][] =>
  Object.entries(nodes).flatMap(([name, { failingSince }]): [string, string][] =>
    failingSince === undefined ? [] : [[`${workflow}/${name}`, failingSince]],
  );

/** Grows with every request and every attempt that ends. */
function endedIn({ duration, nodes }: WorkflowSeries): number {
  let ended = totalOf(duration);
  for (const { duration: ofNode } of nodes.values()) ended += totalOf(ofNode);
  return ended;
}

const totalOf = ({ counts }: Durations): number => counts.reduce((sum, count) => sum + count, 0);

function takenOf(series: WorkflowSeries): Taken {
  const { requests, duration, versions, nodes } = series;
  const isOnly = versions.size === 1;
  return {
    ...{ of: series, ended: endedIn(series) },
    total: countersOf(totalOf(duration), requests.failed, duration),
    versions: new Map(
      [...versions].map(([version, { requests: ended, durations }]) => {
        const total = ended.ok + ended.client_error + ended.failed + ended.cancelled;
        return [version, countersOf(total, ended.failed, isOnly ? duration : durations?.requests)];
      }),
    ),
    nodes: new Map(
      [...nodes].map(([name, node]) => [
        name,
        {
          ...countersOf(totalOf(node.duration), node.faults, node.duration),
          ...{ retries: node.retries, waited: node.wait.sum, lasted: node.duration.sum },
        },
      ]),
    ),
  };
}

const countersOf = (requests: number, failed: number, durations: Durations | undefined): Counters => ({
  ...{ requests, failed, buckets: durations === undefined ? [] : [...durations.counts] },
  ...{ retries: 0, waited: 0, lasted: 0, by: durations },
});

/** What was counted anew by another histogram has no difference to what the one before counted: nothing is told of its times then. */
const countedSince = (now: Counters, before: Counters | undefined): Counted => ({
  requests: since(now.requests, before?.requests),
  failed: since(now.failed, before?.failed),
  buckets:
    before?.by !== undefined && before.by !== now.by
      ? []
      : now.buckets.map((count, i) => since(count, before?.buckets[i])),
});

const since = (now: number, before = 0): number => Math.max(0, now - before);
