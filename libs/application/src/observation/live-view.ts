import type { AgedLiveReport, Counted, NodeFault, NodeFigures, WorkflowFigures } from '../ports/live-reports.js';
import type { Condition } from './condition.js';

/** What goes on at this moment, over all gateways. */
export interface ObservedLive {
  readonly requestsPerSecond: number;
  /** From 0 to 1. */
  readonly errorRate: number;
  /** Absent where nothing was answered. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Where no gateway has told lately: the figures are 0 then, and say nothing. */
  readonly isUnknown?: true;
}

/** The same of a node. */
export interface ObservedNodeLive extends ObservedLive {
  readonly waiting: number;
  readonly running: number;
  readonly retries: number;
  readonly failingSince?: string;
  readonly lastFault?: NodeFault;
}

/** ms after which a report says nothing of now: a gateway at which nothing goes on tells that every ten seconds. */
export const staleLiveMs = 15_000;

/** Share of attempts that may fail before a node counts as degraded, and as not serving. */
const degradedRate = 0.01;
const brokenRate = 0.5;

type Told = readonly [report: AgedLiveReport, figures: WorkflowFigures];
type Part = readonly [report: AgedLiveReport, counted: Counted];

const nothing: ObservedLive = { requestsPerSecond: 0, errorRate: 0 };

/** What gateways have told lately, put together. */
export class LiveView {
  private readonly told = new Map<string, Told[]>();
  private readonly isWhole: boolean;

  /** @param reports of the gateways that live; undefined of one that has told nothing. */
  constructor(reports: readonly (AgedLiveReport | undefined)[]) {
    const fresh = reports.filter((report) => report !== undefined && report.ageMs <= staleLiveMs);
    this.isWhole = fresh.length === reports.length && fresh.length > 0 && fresh.every((report) => report?.left === 0);
    for (const report of fresh) if (report !== undefined) this.take(report);
  }

  workflow(name: string): ObservedLive {
    return this.live(this.of(name).map(([report, { total }]) => [report, total]));
  }

  version(name: string, version: number): ObservedLive {
    return this.live(this.partsOf(name, ({ versions }) => versions[version]));
  }

  node(name: string, node: string): ObservedNodeLive {
    const figures = this.of(name).flatMap(([, { nodes }]) => nodes[node] ?? []);
    const sum = (of: (each: NodeFigures) => number): number => figures.reduce((total, each) => total + of(each), 0);
    const [failingSince] = figures.flatMap((each) => each.failingSince ?? []).sort();
    const lastFault = figures.flatMap((each) => each.lastFault ?? []).sort((a, b) => (a.at < b.at ? 1 : -1))[0];
    return {
      ...this.live(this.partsOf(name, ({ nodes }) => nodes[node])),
      ...{ waiting: sum((each) => each.waiting), running: sum((each) => each.running) },
      retries: sum((each) => each.retries),
      ...(failingSince === undefined ? {} : { failingSince }),
      ...(lastFault === undefined ? {} : { lastFault }),
    };
  }

  /** Python processes of its functions, at all gateways. */
  processes(name: string): number {
    return this.of(name).reduce((sum, [, { processes = 0 }]) => sum + processes, 0);
  }

  /** The names of the nodes that fail. */
  failing(name: string): readonly string[] {
    return [
      ...new Set(
        this.of(name).flatMap(([, { nodes }]) =>
          Object.entries(nodes).flatMap(([node, { failed }]) => (failed > 0 ? [node] : [])),
        ),
      ),
    ];
  }

  private of(name: string): readonly Told[] {
    return this.told.get(name) ?? [];
  }

  private partsOf(name: string, counted: (figures: WorkflowFigures) => Counted | undefined): Part[] {
    return this.of(name).flatMap(([report, figures]): Part[] => {
      const part = counted(figures);
      return part === undefined ? [] : [[report, part]];
    });
  }

  private take(report: AgedLiveReport): void {
    for (const figures of report.workflows) {
      const told = this.told.get(figures.workflow) ?? [];
      told.push([report, figures]);
      this.told.set(figures.workflow, told);
    }
  }

  private live(parts: readonly Part[]): ObservedLive {
    if (parts.length === 0) return this.isWhole ? nothing : { ...nothing, isUnknown: true };
    let [perSecond, requests, failed] = [0, 0, 0];
    for (const [{ windowMs }, counted] of parts) {
      perSecond += (1_000 * counted.requests) / windowMs;
      requests += counted.requests;
      failed += counted.failed;
    }
    const buckets = summed(parts);
    const boundsMs = parts[0]?.[0].boundsMs ?? [];
    const [p50Ms, p99Ms] = [quantile(buckets, boundsMs, 0.5), quantile(buckets, boundsMs, 0.99)];
    return {
      requestsPerSecond: Math.round(perSecond * 100) / 100,
      errorRate: requests === 0 ? 0 : failed / requests,
      ...(p50Ms === undefined ? {} : { p50Ms }),
      ...(p99Ms === undefined ? {} : { p99Ms }),
    };
  }
}

/** Of gateways of another version, whose bounds are others, the buckets are left out. */
function summed(parts: readonly Part[]): readonly number[] {
  const [first] = parts;
  const bounds = String(first?.[0].boundsMs);
  const alike = parts.filter(([{ boundsMs }]) => String(boundsMs) === bounds);
  const most = Math.max(0, ...alike.map(([, { buckets }]) => buckets.length));
  return Array.from({ length: most }, (_, i) => alike.reduce((sum, [, { buckets }]) => sum + (buckets[i] ?? 0), 0));
}

/** ms that this share took no longer than, as evenly as they may lie between two bounds; the last bound of those beyond it. */
function quantile(buckets: readonly number[], boundsMs: readonly number[], share: number): number | undefined {
  const wanted = share * buckets.reduce((sum, count) => sum + count, 0);
  if (wanted <= 0) return undefined;
  let below = 0;
  for (const [i, count] of buckets.entries()) {
    if (count <= 0 || below + count < wanted) {
      below += Math.max(0, count);
      continue;
    }
    const [from, to] = [boundsMs[i - 1] ?? 0, boundsMs[i]];
    if (to === undefined) return from;
    return Math.round((from + ((to - from) * (wanted - below)) / count) * 100) / 100;
  }
  return boundsMs.at(-1);
}

/** How a node does by its attempts; nothing where they say nothing. */
export function judgeAttempts(live: ObservedNodeLive): Condition | undefined {
  const { errorRate, failingSince, lastFault } = live;
  if (errorRate < degradedRate) return undefined;
  const told = lastFault === undefined ? '' : ` The last: ${lastFault.message}`;
  return {
    state: errorRate >= brokenRate ? 'not serving' : 'degraded',
    ...(failingSince === undefined ? {} : { since: failingSince }),
    reason: `${Math.round(1_000 * errorRate) / 10} % of its attempts fail.${told}`,
    remedy:
      "The gateway's log has the error by workflow and node, of Python with its traceback. Since an update? Go back to the version before.",
  };
}
