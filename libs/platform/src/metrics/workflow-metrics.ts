import type {
  AttemptSpan,
  RequestOutcome,
  RequestSpan,
  RequestTelemetry,
  StartedRequest,
} from '@torchweave/application';
import type { TorchweaveError, WorkflowNode } from '@torchweave/domain';
import type { Monitoring } from './monitoring.js';
import { WorkflowInstruments } from './workflow-instruments.js';
import { count, countVersion, newWorkflowSeries, NodeSeries, type WorkflowSeries } from './workflow-series.js';

/** Stands for every name that is no workflow of the gateway: clients cannot make up label values. */
const unknown = 'unknown';

/**
 * Counts and times the requests of a gateway and the attempts of their nodes.
 *
 * Names become labels only while the gateway serves them; what is counted of a workflow goes with it.
 */
export class WorkflowMetrics implements RequestTelemetry {
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

  requestStarted({ workflow }: StartedRequest): RequestSpan {
    return new CountedRequest(this, workflow);
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
  ) {
    this.startedIn = metrics.find(workflow);
    this.startedIn.inFlight += 1;
  }

  served(version: number): void {
    this.version = version;
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    const series = this.metrics.nodeOf(this.workflow, node.name);
    if (attempt > 1) series.retries += 1;
    return series;
  }

  failed(error: TorchweaveError): void {
    count(this.metrics.find(this.workflow).failures, error.code);
  }

  ended(outcome: RequestOutcome): void {
    this.startedIn.inFlight -= 1;
    const series = this.metrics.find(this.workflow);
    series.requests[outcome] += 1;
    if (this.version !== undefined) countVersion(series, this.version, outcome);
    series.duration.observe(performance.now() - this.startedAt);
  }
}
