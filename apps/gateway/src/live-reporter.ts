import type { LiveReports, Logger, WorkflowFigures } from '@torchweave/application';
import type { LiveFigures } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';

/** ms between two reports of a gateway at which something goes on, and of one at which nothing does. */
const busyMs = 1_000;
const idleMs = 10_000;

export interface LiveReporterPorts {
  readonly reports: Pick<LiveReports, 'write'>;
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

  /** One that Redis does not take in time is not followed by another. */
  private report(): void {
    if (this.writing !== undefined) return;
    const sample = this.ports.figures.sample();
    const isIdle = sample.workflows.length === 0;
    const now = performance.now();
    if (isIdle && this.wasIdle && now - this.writtenAt < idleMs) return;
    [this.wasIdle, this.writtenAt] = [isIdle, now];
    const report = { version, startedAt: this.startedAt, ...sample, workflows: this.withProcesses(sample.workflows) };
    this.writing = this.ports.reports
      .write(this.gatewayId, report)
      // That Redis is away is told by the link to it, once.
      .catch((error: unknown) => this.ports.logger.debug({ err: error }, 'what goes on cannot be reported'))
      .finally(() => (this.writing = undefined));
  }
}
