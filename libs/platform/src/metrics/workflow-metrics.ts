import type {
  AttemptSpan,
  EndedShadow,
  NodeFault,
  RequestOutcome,
  RequestSpan,
  RequestTelemetry,
  ShadowTelemetry,
  StartedRequest,
} from '@torchweave/application';
import { shorten, type TorchweaveError, type WorkflowNode } from '@torchweave/domain';
import type { Monitoring } from './monitoring.js';
import { WorkflowInstruments } from './workflow-instruments.js';
import {
  count,
  countShadow,
  newWorkflowSeries,
  NodeSeries,
  versionOf,
  type VersionDurations,
  type VersionSeries,
  type WorkflowSeries,
} from './workflow-series.js';

/** Stands for every name that is no workflow of the gateway: clients cannot make up label values. */
const unknown = 'unknown';

/**
 * Counts and times the requests of a gateway and the attempts of their nodes.
 *
 * Names become labels only while the gateway serves them; what is counted of a workflow goes with it.
 */
export class WorkflowMetrics implements RequestTelemetry, ShadowTelemetry {
  private readonly instruments: WorkflowInstruments;
  private readonly series = new Map<string, WorkflowSeries>();
  private readonly unknown: WorkflowSeries;

  /** @param revisionOf the revision of a workflow that is served; undefined for any other name. */
  constructor(
    monitoring: Monitoring,
    private readonly revisionOf: (workflow: string) => number | undefined,
  ) {
    this.instruments = new WorkflowInstruments(monitoring.registry);
    this.unknown = newWorkflowSeries(unknown, 0, this.instruments.workflowDurations(unknown));
    monitoring.onScrape(() => {
      this.forgetUnserved();
      this.instruments.write([this.unknown, ...this.series.values()]);
    });
  }

  requestStarted({ workflow, requestId }: Pick<StartedRequest, 'workflow' | 'requestId'>): RequestSpan {
    return new CountedRequest(this, workflow, requestId);
  }

  shadowEnded({ workflow, version, outcome, durationMs }: EndedShadow): void {
    const series = this.find(workflow);
    const counted = this.versionOf(series, version);
    countShadow(counted, outcome);
    if (durationMs !== undefined) this.durationsOf(series, version, counted).shadows.observe(durationMs);
  }

  /** What is counted of every workflow that is served. */
  all(): Iterable<WorkflowSeries> {
    return this.series.values();
  }

  /** Counts how a request to a version of a workflow has ended. */
  versionEnded(series: WorkflowSeries, version: number, outcome: RequestOutcome, durationMs: number): void {
    const counted = this.versionOf(series, version);
    counted.requests[outcome] += 1;
    if (series.versions.size > 1) this.durationsOf(series, version, counted).requests.observe(durationMs);
  }

  /** What is counted of a workflow; of all that are not served together. */
  find(workflow: string): WorkflowSeries {
    const known = this.series.get(workflow);
    if (known !== undefined) return known;
    const revision = this.revisionOf(workflow);
    if (revision === undefined) return this.unknown;
    const series = newWorkflowSeries(workflow, revision, this.instruments.workflowDurations(workflow));
    this.series.set(workflow, series);
    return series;
  }

  /** What is counted of a node; of all nodes of workflows that are not served together. */
  nodeOf(workflow: string, node: string): NodeSeries {
    const series = this.find(workflow);
    const label = series === this.unknown ? unknown : node;
    let found = series.nodes.get(label);
    if (found === undefined) {
      found = new NodeSeries(this.instruments.nodeDurations(series.workflow, label));
      series.nodes.set(label, found);
    }
    return found;
  }

  private versionOf(series: WorkflowSeries, version: number): VersionSeries {
    return versionOf(series, version, (gone) => this.instruments.forgetVersion(series.workflow, gone));
  }

  private durationsOf({ workflow }: WorkflowSeries, version: number, counted: VersionSeries): VersionDurations {
    counted.durations ??= this.instruments.versionDurations(workflow, version);
    return counted.durations;
  }

  private forgetUnserved(): void {
    for (const [workflow, series] of this.series) {
      if (this.revisionOf(workflow) === series.revision) continue;
      this.series.delete(workflow);
      this.instruments.forget(series);
    }
  }
}

/** One request. Its workflow is looked up anew each time: it may have come, or gone, while it was asked for. */
class CountedRequest implements RequestSpan {
  private readonly startedAt = performance.now();
  private readonly startedIn: WorkflowSeries;
  private version: number | undefined;

  constructor(
    private readonly metrics: WorkflowMetrics,
    private readonly workflow: string,
    private readonly requestId: string,
  ) {
    this.startedIn = metrics.find(workflow);
    this.startedIn.inFlight += 1;
  }

  served(version: number): void {
    this.version = version;
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    const series = this.metrics.nodeOf(this.workflow, node.name);
    series.started += 1;
    if (attempt > 1) series.retries += 1;
    return series;
  }

  failed(error: TorchweaveError): void {
    const { failures, nodes } = this.metrics.find(this.workflow);
    count(failures, error.code);
    const node = error.status >= 500 && 'node' in error.data ? nodes.get(error.data.node) : undefined;
    if (node !== undefined) node.lastFault = faultOf(error, this.requestId);
  }

  ended(outcome: RequestOutcome): void {
    this.startedIn.inFlight -= 1;
    const series = this.metrics.find(this.workflow);
    series.requests[outcome] += 1;
    const durationMs = performance.now() - this.startedAt;
    if (this.version !== undefined) this.metrics.versionEnded(series, this.version, outcome, durationMs);
    series.duration.observe(durationMs);
  }
}

/** Characters of what an operator is told of an error. */
const longestMessage = 500;

/** What a client was told, and why. */
function faultOf(error: TorchweaveError, requestId: string): NodeFault {
  const { reason } = error.toBody();
  const message = typeof reason === 'string' ? `${error.message}: ${reason}` : error.message;
  return {
    ...{ at: new Date().toISOString(), errorCode: error.code, message: shorten(message, longestMessage) },
    requestId: shorten(requestId, longestMessage),
  };
}
