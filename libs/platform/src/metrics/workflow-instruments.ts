import { Counter, Gauge, type Registry } from 'prom-client';
import { requestBuckets as buckets } from './buckets.js';
import { DurationHistogram, type Durations } from './duration-histogram.js';
import type { NodeDurations, WorkflowSeries } from './workflow-series.js';

/** The Prometheus metrics of workflows and nodes, written at a scrape. */
export class WorkflowInstruments {
  private readonly requests: Counter<'workflow' | 'outcome'>;
  private readonly versions: Counter<'workflow' | 'version' | 'outcome'>;
  private readonly failures: Counter<'workflow' | 'code'>;
  private readonly inFlight: Gauge<'workflow'>;
  private readonly duration: DurationHistogram<'workflow'>;
  private readonly attempts: Counter<'workflow' | 'node' | 'outcome'>;
  private readonly nodeFailures: Counter<'workflow' | 'node' | 'code'>;
  private readonly retries: Counter<'workflow' | 'node'>;
  private readonly nodeDuration: DurationHistogram<'workflow' | 'node'>;
  private readonly nodeRun: DurationHistogram<'workflow' | 'node'>;
  private readonly nodeWait: DurationHistogram<'workflow' | 'node'>;

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
    this.versions = new Counter({
      name: 'torchweave_version_requests_total',
      help: 'Predictions that have ended, by the version of the workflow that was to answer.',
      labelNames: ['workflow', 'version', 'outcome'] as const,
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
    this.duration = new DurationHistogram({
      name: 'torchweave_workflow_request_duration_seconds',
      help: 'Time from the head of a prediction to the end of its answer.',
      labelNames: workflow,
      buckets,
      registry,
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
    this.nodeDuration = new DurationHistogram({
      name: 'torchweave_node_attempt_duration_seconds',
      help: 'Time of one attempt of a node, its wait for a process or a model server included.',
      labelNames: node,
      buckets,
      registry,
    });
    this.nodeRun = new DurationHistogram({
      name: 'torchweave_node_run_duration_seconds',
      help: 'The part of an attempt that went well from there on.',
      labelNames: node,
      buckets,
      registry,
    });
    this.nodeWait = new DurationHistogram({
      name: 'torchweave_node_wait_duration_seconds',
      help: 'The part of an attempt that went well before a process began with it, or it was sent to a model server.',
      labelNames: node,
      buckets,
      registry,
    });
  }

  workflowDurations(workflow: string): Durations {
    return this.duration.labels(workflow);
  }

  nodeDurations(workflow: string, node: string): NodeDurations {
    return {
      duration: this.nodeDuration.labels(workflow, node),
      wait: this.nodeWait.labels(workflow, node),
      run: this.nodeRun.labels(workflow, node),
    };
  }

  /** Writes what has been counted. */
  write(all: readonly WorkflowSeries[]): void {
    const counters = [this.requests, this.versions, this.failures, this.attempts, this.nodeFailures, this.retries];
    for (const counter of [...counters, this.inFlight]) counter.reset();
    for (const series of all) this.writeWorkflow(series);
  }

  /** Forgets the timings of a workflow. */
  forget({ workflow, nodes }: WorkflowSeries): void {
    this.duration.remove(workflow);
    for (const node of nodes.keys()) {
      for (const histogram of [this.nodeDuration, this.nodeWait, this.nodeRun]) histogram.remove(workflow, node);
    }
  }

  private writeWorkflow(series: WorkflowSeries): void {
    const { workflow } = series;
    this.inFlight.set({ workflow }, series.inFlight);
    for (const [outcome, value] of Object.entries(series.requests)) this.requests.inc({ workflow, outcome }, value);
    for (const [version, outcomes] of series.versions)
      for (const [outcome, value] of Object.entries(outcomes))
        this.versions.inc({ workflow, version: String(version), outcome }, value);
    for (const [code, value] of series.failures) this.failures.inc({ workflow, code }, value);
    for (const [node, { attempts, failures, retries }] of series.nodes) {
      for (const [outcome, value] of Object.entries(attempts)) this.attempts.inc({ workflow, node, outcome }, value);
      for (const [code, value] of failures) this.nodeFailures.inc({ workflow, node, code }, value);
      this.retries.inc({ workflow, node }, retries);
    }
  }
}
