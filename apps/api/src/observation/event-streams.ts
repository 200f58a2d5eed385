import type { Logger } from '@torchweave/application';
import type { Overview } from '@torchweave/dashboard-contract';
import { TorchweaveError } from '@torchweave/domain';
import type { ServerResponse } from 'node:http';
import { Viewer, type Topics } from './event-viewer.js';
import type { Told } from './tell.js';

/** ms between two looks for all viewers. */
const lookMs = 1_000;
/** Viewers of one api. */
const mostViewers = 256;

/** What was found in one look: the frames of an event stream that are the same for all viewers. */
export interface Snapshot {
  readonly overview: string;
  /** By the ids of operations. */
  readonly operations: ReadonlyMap<string, string>;
  /** By the names of those that viewers follow; of one that is not there, none. */
  readonly workflows: ReadonlyMap<string, string>;
}

/** The frame of one event: JSON has no line ends of its own. */
const frameOf = (event: string, value: object): string => `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`;

/** The event streams of one api: one look a second for all viewers together, none while there is nobody. */
export class EventStreams {
  private readonly viewers = new Set<Viewer>();
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly told: Told,
    private readonly logger: Logger,
    private readonly limit = mostViewers,
  ) {}

  /** @throws TorchweaveError `overloaded`, `shuttingDown`. */
  assertRoom(): void {
    if (this.isClosed) throw new TorchweaveError('shuttingDown', { retryAfterSeconds: 1 });
    if (this.viewers.size < this.limit) return;
    throw new TorchweaveError('overloaded', { what: 'event streams', limit: this.limit, retryAfterSeconds: 5 });
  }

  /** Follows the topics for whoever is answered, whose head is sent, until one of the two ends it. */
  async open(answer: ServerResponse, topics: Topics): Promise<void> {
    if (answer.destroyed) return;
    const viewer = new Viewer(answer, topics);
    this.viewers.add(viewer);
    answer.once('close', () => this.viewers.delete(viewer));
    const snapshot = await this.look([viewer]);
    if (snapshot !== undefined) viewer.show(snapshot);
    if (!this.isClosed) this.timer ??= setTimeout(() => void this.tick(), lookMs);
  }

  /** Ends every stream; no further one is opened. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    for (const viewer of this.viewers) viewer.end();
  }

  private async tick(): Promise<void> {
    const viewers = [...this.viewers];
    const snapshot = await this.look(viewers);
    for (const viewer of viewers) viewer.show(snapshot);
    this.timer = this.viewers.size === 0 || this.isClosed ? undefined : setTimeout(() => void this.tick(), lookMs);
  }

  /** @returns undefined where it did not succeed: the next one may. */
  private async look(viewers: readonly Viewer[]): Promise<Snapshot | undefined> {
    const names = new Set(viewers.flatMap(({ topics: { workflow } }) => workflow ?? []));
    try {
      const [overview, ...workflows] = await Promise.all([this.told.overview(), ...[...names].map(this.workflow)]);
      return {
        overview: frameOf('overview', overview),
        operations: framesOf(overview),
        workflows: new Map(workflows.flat()),
      };
    } catch (error) {
      this.logger.warn({ err: error }, 'nothing can be told to those who look');
      return undefined;
    }
  }

  /** Of one that is not there, or cannot be read, nothing is told: whoever asks for it is told why. */
  private readonly workflow = async (name: string): Promise<readonly (readonly [string, string])[]> => {
    try {
      return [[name, frameOf('workflow', await this.told.workflow(name))]];
    } catch (error) {
      if (error instanceof TorchweaveError) return [];
      throw error;
    }
  };
}

const framesOf = ({ operations }: Overview): ReadonlyMap<string, string> =>
  new Map(operations.recent.toReversed().map((row) => [row.id, frameOf('operation', row)]));
