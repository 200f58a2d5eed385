import type { EndedAttempt, ExecutionObserver } from '@torchweave/application';
import type { TorchweaveError } from '@torchweave/domain';
import type { Monitoring } from './monitoring.js';
import { WorkflowInstruments } from './workflow-instruments.js';
import { count, newNodeSeries, newWorkflowSeries } from './workflow-series.js';
import type { NodeSeries, RequestOutcome, WorkflowSeries } from './workflow-series.js';

/** Stands for every name that is no workflow of the gateway: clients cannot make up label values. */
const unknown = 'unknown';

/**
 * Counts and times the requests of a gateway and the attempts of their nodes.
 *
 * Names become labels only while the gateway serves them; what is counted of a workflow goes with it.
 */
export class WorkflowMetrics implements ExecutionObserver {
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

  /** Begins a request. @returns how to end it. */
  requestStarted(workflow: string): (outcome: RequestOutcome) => void {
    const startedAt = performance.now();
    const series = this.find(workflow);
    series.inFlight += 1;
    return (outcome) => {
      series.inFlight -= 1;
      // Looked up anew: a workflow may have come, or gone, while it was asked for.
      const ended = this.find(workflow);
      ended.requests[outcome] += 1;
      ended.duration.observe(performance.now() - startedAt);
    };
  }

  /** Counts why a request failed; it still has to be ended. */
  requestFailed(workflow: string, error: TorchweaveError): void {
    count(this.find(workflow).failures, error.code);
  }

  nodeFinished(workflow: string, node: string, { outcome, durationMs, waitedMs, error }: EndedAttempt): void {
    const series = this.nodeOf(workflow, node);
    series.attempts[outcome] += 1;
    series.duration.observe(durationMs);
    if (outcome === 'failed' && error !== undefined) count(series.failures, error.code);
    if (waitedMs === undefined) return;
    series.wait.observe(waitedMs);
    series.run.observe(Math.max(0, durationMs - waitedMs));
  }

  nodeRetried(workflow: string, node: string): void {
    this.nodeOf(workflow, node).retries += 1;
  }

  private find(workflow: string): WorkflowSeries {
    const known = this.series.get(workflow);
    if (known !== undefined) return known;
    const revision = this.revisionOf(workflow);
    if (revision === undefined) return this.unknown;
    const series = newWorkflowSeries(workflow, revision, this.instruments.workflowDurations(workflow));
    this.series.set(workflow, series);
    return series;
  }

  private nodeOf(workflow: string, node: string): NodeSeries {
    const series = this.find(workflow);
    const label = series === this.unknown ? unknown : node;
    let found = series.nodes.get(label);
    if (found === undefined) {
      found = newNodeSeries(this.instruments.nodeDurations(series.workflow, label));
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
