import type { Logger } from '@torchweave/application';

/** Says once when the collector takes no spans, or not as many as there are, and once when it takes them again. */
export class CollectorWatch {
  private lost = 0;
  /** Since the last batch went, well or not. */
  private dropped = 0;

  /** @param collector its origin, without anything by which one signs in there. */
  constructor(
    private readonly collector: string,
    private readonly logger: Logger,
  ) {}

  /** There was no room for a span to wait. */
  drop(): void {
    this.dropped += 1;
    this.lose(1, 'more spans than it takes in time');
  }

  /** @param reason a code or a few words. */
  refused(spans: number, reason: string): void {
    this.dropped = 0;
    this.lose(spans, reason);
  }

  /** A batch was taken: where some were dropped meanwhile, the collector is still too slow. */
  took(): void {
    const { collector, lost, dropped } = this;
    this.dropped = 0;
    if (lost === 0 || dropped > 0) return;
    this.lost = 0;
    this.logger.info({ collector, lostSpans: lost }, 'the collector takes the traces again');
  }

  private lose(spans: number, reason: string): void {
    const { collector, lost } = this;
    this.lost += spans;
    if (lost > 0) return;
    this.logger.warn({ collector, reason }, 'the collector does not take the traces: spans are lost until it does');
  }
}
