import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { requestBuckets } from './buckets.js';
import type { Timer, WorkflowSeries } from './workflow-series.js';

/** The Prometheus metrics of workflows and nodes. Only histograms are fed on the spot, all else at a scrape. */
export class WorkflowInstruments {
  private readonly requests: Counter<'workflow' | 'outcome'>;
  private readonly failures: Counter<'workflow' | 'code'>;
  private readonly inFlight: Gauge<'workflow'>;
  private readonly duration: Histogram<'workflow'>;
  private readonly attempts: Counter<'workflow' | 'node' | 'outcome'>;
  private readonly nodeFailures: Counter<'workflow' | 'node' | 'code'>;
  private readonly retries: Counter<'workflow' | 'node'>;
  private readonly nodeDuration: Histogram<'workflow' | 'node'>;
  private readonly nodeWait: Histogram<'workflow' | 'node'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const workflow = ['workflow'] as const;
    const node = ['workflow', 'node'] as const;
    this.requests = new Counter({
      name: 'torchweave_workflow_requests_total',
      help: 'Predictions that have ended: ok, client_error (4xx), failed (5xx) or cancelled (the client hung up).',
      labelNames: ['workflow', 'outcome'] as const,
      registers,
    });
    this.failures = new Counter({
      name: 'torchweave_workflow_failures_total',
      help: 'Predictions that were answered an error, by its code.',
      labelNames: ['workflow', 'code'] as const,
      registers,
    });
    this.inFlight = new Gauge({
      name: 'torchweave_workflow_requests_in_flight',
      help: 'Predictions under way.',
      labelNames: workflow,
      registers,
    });
    this.duration = new Histogram({
      name: 'torchweave_workflow_request_duration_seconds',
      help: 'Time from the head of a prediction to the end of its answer.',
      labelNames: workflow,
      buckets: requestBuckets,
      registers,
    });
    this.attempts = new Counter({
      name: 'torchweave_node_attempts_total',
      help: 'Attempts of nodes that have ended: ok, failed, or cancelled because of another node or of the client.',
      labelNames: ['workflow', 'node', 'outcome'] as const,
      registers,
    });
    this.nodeFailures = new Counter({
      name: 'torchweave_node_failures_total',
      help: 'Attempts of nodes that failed, by the code of the error.',
      labelNames: ['workflow', 'node', 'code'] as const,
      registers,
    });
    this.retries = new Counter({
      name: 'torchweave_node_retries_total',
      help: 'Attempts of nodes that followed a failed one.',
      labelNames: node,
      registers,
    });
    this.nodeDuration = new Histogram({
      name: 'torchweave_node_attempt_duration_seconds',
      help: 'Time of one attempt of a node, its wait for a process or a model server included.',
      labelNames: node,
      buckets: requestBuckets,
      registers,
    });
    this.nodeWait = new Histogram({
      name: 'torchweave_node_wait_duration_seconds',
      help: 'The part of an attempt that went well before a process began with it, or it was sent to a model server.',
      labelNames: node,
      buckets: requestBuckets,
      registers,
    });
  }

  workflowTimer(workflow: string): Timer {
    return this.duration.labels(workflow);
  }

  nodeTimers(workflow: string, node: string): { readonly duration: Timer; readonly wait: Timer } {
    return { duration: this.nodeDuration.labels(workflow, node), wait: this.nodeWait.labels(workflow, node) };
  }

  /** Writes what has been counted. */
  write(all: readonly WorkflowSeries[]): void {
    const counters = [this.requests, this.failures, this.attempts, this.nodeFailures, this.retries, this.inFlight];
    for (const counter of counters) counter.reset();
    for (const series of all) this.writeWorkflow(series);
  }

  /** Forgets the timings of a workflow. */
  forget({ workflow, nodes }: WorkflowSeries): void {
    this.duration.remove({ workflow });
    for (const node of nodes.keys()) {
      for (const histogram of [this.nodeDuration, this.nodeWait]) histogram.remove({ workflow, node });
    }
  }

  private writeWorkflow(series: WorkflowSeries): void {
    const { workflow } = series;
    this.inFlight.set({ workflow }, series.inFlight);
    for (const [outcome, value] of Object.entries(series.requests)) this.requests.inc({ workflow, outcome }, value);
    for (const [code, value] of series.failures) this.failures.inc({ workflow, code }, value);
    for (const [node, { attempts, failures, retries }] of series.nodes) {
      for (const [outcome, value] of Object.entries(attempts)) this.attempts.inc({ workflow, node, outcome }, value);
      for (const [code, value] of failures) this.nodeFailures.inc({ workflow, node, code }, value);
      this.retries.inc({ workflow, node }, retries);
    }
  }
}
