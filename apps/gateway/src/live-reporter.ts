import { liveStepMs, LiveView } from '@torchweave/application';
import type { LiveHistory, LivePoint, LiveReport, LiveReports, Logger, WorkflowFigures } from '@torchweave/application';
import type { LiveFigures } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';

/** ms between two reports of a gateway at which something goes on, and of one at which nothing does. */
const busyMs = 1_000;
const idleMs = 10_000;

export interface LiveReporterPorts {
  readonly reports: Pick<LiveReports, 'write'>;
  readonly history: Pick<LiveHistory, 'add'>;
  readonly figures: Pick<LiveFigures, 'sample'>;
  /** Python processes by the workflow whose functions they run. */
  readonly processes: () => readonly { readonly name: string; readonly ready: number }[];
  readonly logger: Logger;
}

/** Tells once a second what goes on at this gateway, and less often that nothing does. */
export class LiveReporter {
  private readonly startedAt = new Date().toISOString();
  private readonly timer: NodeJS.Timeout;
  private writtenAt = -Infinity;
  private wasIdle = false;
  /** The last step of which points were written. */
  private step = Math.floor(new Date().getTime() / liveStepMs);
  private writing: Promise<void> | undefined;

  constructor(
    private readonly gatewayId: string,
    private readonly ports: LiveReporterPorts,
  ) {
    this.timer = setInterval(() => this.report(), busyMs).unref();
    this.report();
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private withProcesses(workflows: readonly WorkflowFigures[]): readonly WorkflowFigures[] {
    if (workflows.length === 0) return workflows;
    const ready = new Map<string, number>();
    for (const each of this.ports.processes()) ready.set(each.name, (ready.get(each.name) ?? 0) + each.ready);
    return workflows.map((figures) => ({ ...figures, processes: ready.get(figures.workflow) ?? 0 }));
  }

  /** One for each workflow in each step. */
  private async addPoints(report: LiveReport): Promise<void> {
    const step = Math.floor(new Date().getTime() / liveStepMs);
    if (step === this.step || report.workflows.length === 0) return;
    this.step = step;
    const view = new LiveView([{ ...report, ageMs: 0 }]);
    const points = report.workflows.map(({ workflow }): LivePoint => {
      const { requestsPerSecond, errorRate, p99Ms } = view.workflow(workflow);
      return { workflow, requestsPerSecond, errorRate, ...(p99Ms === undefined ? {} : { p99Ms }) };
    });
    await this.ports.history.add(this.gatewayId, step * liveStepMs, points);
  }

  /** One that Redis does not take in time is not followed by another. */
  private report(): void {
    if (this.writing !== undefined) return;
    const sample = this.ports.figures.sample();
    const isIdle = sample.workflows.length === 0;
    const now = performance.now();
    if (isIdle && this.wasIdle && now - this.writtenAt < idleMs) return;
    [this.wasIdle, this.writtenAt] = [isIdle, now];
    const report = { version, startedAt: this.startedAt, ...sample, workflows: this.withProcesses(sample.workflows) };
    this.writing = Promise.all([this.ports.reports.write(this.gatewayId, report), this.addPoints(report)])
      .then(() => undefined)
      // That Redis is away is told by the link to it, once.
      .catch((error: unknown) => this.ports.logger.debug({ err: error }, 'what goes on cannot be reported'))
      .finally(() => (this.writing = undefined));
  }
}
