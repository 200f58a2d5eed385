import type { KeptRequests, Logger, RequestKeeper } from '@torchweave/application';

/** ms between two writes. */
const writeMs = 1_000;

export interface KeptRequestWriterPorts {
  readonly requests: Pick<KeptRequests, 'add'>;
  readonly keeper: Pick<RequestKeeper, 'take' | 'written' | 'lost'>;
  readonly logger: Logger;
}

/** Writes what a gateway keeps of its requests, at most once a second. */
export class KeptRequestWriter {
  private readonly timer: NodeJS.Timeout;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly gatewayId: string,
    private readonly ports: KeptRequestWriterPorts,
  ) {
    this.timer = setInterval(() => this.write(), writeMs).unref();
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
    this.write();
    await this.writing;
  }

  /** While Redis does not take what it has been given, further requests wait, as many as there is room for. */
  private write(): void {
    if (this.writing !== undefined) return;
    const { requests, keeper, logger } = this.ports;
    const taken = keeper.take();
    if (taken.length === 0) return;
    this.writing = requests
      .add(this.gatewayId, taken)
      .then(
        () => keeper.written(taken),
        (error: unknown) => {
          keeper.lost(taken.length);
          // That Redis is away is told by the link to it, once.
          logger.debug({ err: error }, 'requests cannot be kept');
        },
      )
      .finally(() => (this.writing = undefined));
  }
}
