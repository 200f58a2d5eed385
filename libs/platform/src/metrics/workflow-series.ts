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

  constructor({ duration, wait, run }: NodeDurations) {
    this.duration = duration;
    this.wait = wait;
    this.run = run;
  }

  ended({ outcome, durationMs, waitedMs, error }: EndedAttempt): void {
    this.attempts[outcome] += 1;
    this.duration.observe(durationMs);
    if (outcome === 'failed' && error !== undefined) count(this.failures, error.code);
    if (waitedMs === undefined) return;
    this.wait.observe(waitedMs);
    this.run.observe(Math.max(0, durationMs - waitedMs));
  }
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
  /** Version to how the requests that it answered have ended. */
  readonly versions: Map<number, Record<RequestOutcome, number>>;
  inFlight: number;
}

export function newWorkflowSeries(workflow: string, revision: number, duration: Durations): WorkflowSeries {
  const maps = { failures: new Map(), nodes: new Map(), versions: new Map() };
  return { workflow, revision, requests: newOutcomes(), ...maps, duration, inFlight: 0 };
}

/** Versions that are counted of one workflow: those that came last. */
const mostVersions = 16;

/** Counts how a request to a version has ended. */
export function countVersion({ versions }: WorkflowSeries, version: number, outcome: RequestOutcome): void {
  let counts = versions.get(version);
  if (counts === undefined) {
    counts = newOutcomes();
    versions.set(version, counts);
    if (versions.size > mostVersions) versions.delete(Math.min(...versions.keys()));
  }
  counts[outcome] += 1;
}

const newOutcomes = (): Record<RequestOutcome, number> => ({ ok: 0, client_error: 0, failed: 0, cancelled: 0 });

/** Counts one more of `key`. */
export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
