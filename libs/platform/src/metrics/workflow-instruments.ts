import { Counter, Gauge, type Registry } from 'prom-client';
import { requestBuckets as buckets } from './buckets.js';
import { DurationHistogram, type Durations } from './duration-histogram.js';
import type { NodeDurations, VersionDurations, WorkflowSeries } from './workflow-series.js';

/** The Prometheus metrics of workflows and nodes, written at a scrape. */
export class WorkflowInstruments {
  private readonly requests: Counter<'workflow' | 'outcome'>;
  private readonly versions: Counter<'workflow' | 'version' | 'outcome'>;
  private readonly versionDuration: DurationHistogram<'workflow' | 'version'>;
  private readonly shadows: Counter<'workflow' | 'version' | 'outcome'>;
  private readonly shadowDuration: DurationHistogram<'workflow' | 'version'>;
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
    const version = ['workflow', 'version'] as const;
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
    this.versionDuration = new DurationHistogram({
      name: 'torchweave_version_request_duration_seconds',
      help: 'As torchweave_workflow_request_duration_seconds, by the version that was to answer, of workflows with several.',
      labelNames: version,
      buckets,
      registry,
    });
    this.shadows = new Counter({
      name: 'torchweave_shadow_requests_total',
      help: 'Copies of predictions by the version that got them: answered, same, different_status, different_body, failed, dropped.',
      labelNames: ['workflow', 'version', 'outcome'] as const,
      registers,
    });
    this.shadowDuration = new DurationHistogram({
      name: 'torchweave_shadow_request_duration_seconds',
      help: 'Time that a copy of a prediction ran.',
      labelNames: version,
      buckets,
      registry,
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

  versionDurations(workflow: string, version: number): VersionDurations {
    return {
      requests: this.versionDuration.labels(workflow, String(version)),
      shadows: this.shadowDuration.labels(workflow, String(version)),
    };
  }

  /** Writes what has been counted. */
  write(all: readonly WorkflowSeries[]): void {
    const ofWorkflows = [this.requests, this.versions, this.shadows, this.failures, this.inFlight];
    for (const counter of [...ofWorkflows, this.attempts, this.nodeFailures, this.retries]) counter.reset();
    for (const series of all) this.writeWorkflow(series);
  }

  /** Forgets the timings of a workflow. */
  forget({ workflow, nodes, versions }: WorkflowSeries): void {
    this.duration.remove(workflow);
    for (const version of versions.keys()) this.forgetVersion(workflow, version);
    for (const node of nodes.keys()) {
      for (const histogram of [this.nodeDuration, this.nodeWait, this.nodeRun]) histogram.remove(workflow, node);
    }
  }

  /** Forgets the timings of a version. */
  forgetVersion(workflow: string, version: number): void {
    for (const histogram of [this.versionDuration, this.shadowDuration]) histogram.remove(workflow, String(version));
  }

  private writeWorkflow(series: WorkflowSeries): void {
    const { workflow } = series;
    this.inFlight.set({ workflow }, series.inFlight);
    for (const [outcome, value] of Object.entries(series.requests)) this.requests.inc({ workflow, outcome }, value);
    for (const [number, { requests, shadows }] of series.versions) {
      const version = String(number);
      for (const [outcome, value] of Object.entries(requests)) this.versions.inc({ workflow, version, outcome }, value);
      for (const [outcome, value] of Object.entries(shadows ?? {}))
        this.shadows.inc({ workflow, version, outcome }, value);
    }
    for (const [code, value] of series.failures) this.failures.inc({ workflow, code }, value);
    for (const [node, { attempts, failures, retries }] of series.nodes) {
      for (const [outcome, value] of Object.entries(attempts)) this.attempts.inc({ workflow, node, outcome }, value);
      for (const [code, value] of failures) this.nodeFailures.inc({ workflow, node, code }, value);
      this.retries.inc({ workflow, node }, retries);
    }
  }
}
