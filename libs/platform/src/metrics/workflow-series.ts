import { shadowOutcomes, type NodeFault, type ShadowOutcome } from '@torchweave/application';
import type { AttemptOutcome, AttemptSpan, EndedAttempt, RequestOutcome } from '@torchweave/application';
import type { Durations } from './duration-histogram.js';

/** How long attempts of one node take. */
export type NodeDurations = Pick<NodeSeries, 'duration' | 'wait' | 'run'>;

/**
 * What is counted of one node. Plain numbers: they are added to on the hot path and read at a scrape. It is the span of each of the
 * node's attempts, for it needs to know nothing of one but its end.
 */
export class NodeSeries implements AttemptSpan {
  readonly attempts: Record<AttemptOutcome, number> = { ok: 0, failed: 0, cancelled: 0 };
  readonly failures = new Map<string, number>();
  readonly duration: Durations;
  readonly wait: Durations;
  readonly run: Durations;
  retries = 0;
  /** Attempts that failed by the server's fault. */
  faults = 0;
  /** Attempts that have begun. */
  started = 0;
  lastFault: NodeFault | undefined;

  constructor({ duration, wait, run }: NodeDurations) {
    this.duration = duration;
    this.wait = wait;
    this.run = run;
  }

  /** Attempts under way. */
  get inFlight(): number {
    const { ok, failed, cancelled } = this.attempts;
    return Math.max(0, this.started - ok - failed - cancelled);
  }

  ended({ outcome, durationMs, waitedMs, error }: EndedAttempt): void {
    this.attempts[outcome] += 1;
    this.duration.observe(durationMs);
    if (outcome === 'failed' && error !== undefined) {
      count(this.failures, error.code);
      if (error.status >= 500) this.faults += 1;
    }
    if (waitedMs === undefined) return;
    this.wait.observe(waitedMs);
    this.run.observe(Math.max(0, durationMs - waitedMs));
  }
}

/** How long what one version answers takes: requests, and copies of them. */
export interface VersionDurations {
  readonly requests: Durations;
  readonly shadows: Durations;
}

/** What is counted of one version of a workflow. */
export interface VersionSeries {
  readonly requests: Record<RequestOutcome, number>;
  /** Of a version that has got copies. */
  shadows?: Record<ShadowOutcome, number>;
  /** Of one beside which there have been others: that of an only one is its workflow's. */
  durations?: VersionDurations;
}

/** What is counted of one workflow. */
export interface WorkflowSeries {
  /** The label. */
  readonly workflow: string;
  /** Of the registration that is counted: another one begins at zero. */
  readonly revision: number;
  readonly requests: Record<RequestOutcome, number>;
  readonly failures: Map<string, number>;
  readonly duration: Durations;
  readonly nodes: Map<string, NodeSeries>;
  readonly versions: Map<number, VersionSeries>;
  inFlight: number;
}

export function newWorkflowSeries(workflow: string, revision: number, duration: Durations): WorkflowSeries {
  const maps = { failures: new Map(), nodes: new Map(), versions: new Map() };
  return { workflow, revision, requests: newOutcomes(), ...maps, duration, inFlight: 0 };
}

/** Versions that are counted of one workflow: those that came last. */
const mostVersions = 16;

/** What is counted of a version. @param forget is told of one that is counted no more, as it has to make room. */
export function versionOf(
  { versions }: WorkflowSeries,
  version: number,
  forget: (version: number) => void,
): VersionSeries {
  let series = versions.get(version);
  if (series === undefined) {
    series = { requests: newOutcomes() };
    versions.set(version, series);
    if (versions.size > mostVersions) {
      const first = Math.min(...versions.keys());
      versions.delete(first);
      forget(first);
    }
  }
  return series;
}

/** Counts how a copy has ended. */
export function countShadow(series: VersionSeries, outcome: ShadowOutcome): void {
  series.shadows ??= Object.fromEntries(shadowOutcomes.map((each) => [each, 0])) as Record<ShadowOutcome, number>;
  series.shadows[outcome] += 1;
}

const newOutcomes = (): Record<RequestOutcome, number> => ({ ok: 0, client_error: 0, failed: 0, cancelled: 0 });

/** Counts one more of `key`. */
export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
