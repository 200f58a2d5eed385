import type { Logger, RequestOutcome, ServedWorkflow, WorkflowVersions } from '@torchweave/application';

/** ms between two reports. */
const reportMs = 250;

interface Tally {
  total: number;
  failed: number;
}

/** Reports what becomes of the predictions of versions that an update watches; of all others it knows nothing. */
export class WatchedVersions {
  /** By the operation that has made the version. */
  private readonly tallies = new Map<string, Tally>();
  private timer: NodeJS.Timeout | undefined;
  private reporting: Promise<void> = Promise.resolve();

  constructor(
    private readonly versions: Pick<WorkflowVersions, 'report'>,
    private readonly logger: Logger,
  ) {}

  /** A prediction has ended. A client's own fault, or one who hung up, says nothing of the version. */
  observe({ version, operationId, pointers }: ServedWorkflow, outcome: RequestOutcome): void {
    if (pointers?.watched?.version !== version || outcome === 'cancelled' || outcome === 'client_error') return;
    const tally = this.tallies.get(operationId) ?? { total: 0, failed: 0 };
    tally.total += 1;
    if (outcome === 'failed') tally.failed += 1;
    this.tallies.set(operationId, tally);
    this.timer ??= setTimeout(() => void (this.reporting = this.report()), reportMs).unref();
  }

  /** Resolves when what was observed has been reported, or cannot be. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.reporting;
    await this.report();
  }

  private async report(): Promise<void> {
    this.timer = undefined;
    const tallies = [...this.tallies];
    this.tallies.clear();
    for (const [operationId, tally] of tallies) {
      await this.versions.report(operationId, tally).catch((error: unknown) => {
        // That Redis is away is told by the link to it, once.
        this.logger.debug({ operationId, err: error }, 'what became of predictions cannot be reported');
      });
    }
  }
}
