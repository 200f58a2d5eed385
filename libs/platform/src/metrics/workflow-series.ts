import type { AttemptOutcome } from '@torchweave/application';
import type { Durations } from './duration-histogram.js';

/** How a request to a workflow ended, as its client saw it. */
export type RequestOutcome = 'ok' | 'client_error' | 'failed' | 'cancelled';

/** What is counted of one node. Plain numbers: they are added to on the hot path and read at a scrape. */
export interface NodeSeries {
  readonly attempts: Record<AttemptOutcome, number>;
  readonly failures: Map<string, number>;
  readonly duration: Durations;
  readonly wait: Durations;
  readonly run: Durations;
  retries: number;
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
  inFlight: number;
}

export function newNodeSeries(durations: Pick<NodeSeries, 'duration' | 'wait' | 'run'>): NodeSeries {
  return { attempts: { ok: 0, failed: 0, cancelled: 0 }, failures: new Map(), retries: 0, ...durations };
}

export function newWorkflowSeries(workflow: string, revision: number, duration: Durations): WorkflowSeries {
  const requests = { ok: 0, client_error: 0, failed: 0, cancelled: 0 };
  return { workflow, revision, requests, failures: new Map(), duration, nodes: new Map(), inFlight: 0 };
}

/** Counts one more of `key`. */
export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
