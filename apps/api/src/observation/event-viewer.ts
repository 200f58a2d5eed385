import type { ServerResponse } from 'node:http';
import type { Snapshot } from './event-streams.js';

/** What one viewer follows. */
export interface Topics {
  readonly overview: boolean;
  readonly operations: boolean;
  readonly workflow?: string | undefined;
}

/** ms without anything to tell after which a comment shows that the stream lives. */
const beatMs = 15_000;
/** ms that a viewer may take to read what it was sent; it gets nothing more meanwhile. */
const patienceMs = 15_000;
/** ms after which a stream ends: whoever opens the next one is asked anew whether they may. */
const longestMs = 600_000;

/** One open event stream. */
export class Viewer {
  private readonly openedAt = performance.now();
  private sentAt = this.openedAt;
  private blockedSince: number | undefined;
  /** Frames of operations that it has got, by their ids. */
  private operations: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly answer: ServerResponse,
    readonly topics: Topics,
  ) {}

  /** Sends what is new to it. One that is slow gets the newest when it has read what it was sent, and is ended where it does not. */
  show(snapshot: Snapshot | undefined): void {
    const now = performance.now();
    if (this.isBlocked(now)) return;
    if (now - this.openedAt > longestMs) return this.end();
    const text = snapshot === undefined ? '' : this.news(snapshot);
    if (text === '' && now - this.sentAt < beatMs) return;
    this.sentAt = now;
    this.answer.write(text === '' ? ': \n\n' : text);
  }

  end(): void {
    this.answer.end();
  }

  private isBlocked(now: number): boolean {
    if (this.answer.writableLength === 0) {
      this.blockedSince = undefined;
      return this.answer.writableEnded;
    }
    this.blockedSince ??= now;
    if (now - this.blockedSince > patienceMs) this.answer.destroy();
    return true;
  }

  private news({ overview, operations, workflows }: Snapshot): string {
    const { topics } = this;
    const changed = topics.operations
      ? [...operations].filter(([id, frame]) => this.operations.get(id) !== frame).map(([, frame]) => frame)
      : [];
    this.operations = operations;
    return [
      topics.overview ? overview : '',
      topics.workflow === undefined ? '' : (workflows.get(topics.workflow) ?? ''),
      ...changed,
    ].join('');
  }
}
