import type { OperationRow, Overview, WorkflowView } from '@torchweave/dashboard-contract';
import { pageApi } from '../api/ask.js';
import { afterEvent, nothingYet, type LiveEvent, type LiveState } from './live-state.js';

/** ms between attempts to connect anew: quickly at first. */
const retryMs = [500, 1_000, 2_000, 5_000, 10_000];
/** ms without an event after which the line is made anew: one that is dead tells nobody. */
const silentMs = 60_000;

/** One event stream for the whole page, connected anew when it breaks. */
export class LiveStore {
  private state: LiveState = nothingYet;
  private readonly listeners = new Set<() => void>();
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private followed: string | undefined;

  /** A stream tells no status: `onLost` may ask whether the session has ended. */
  constructor(private readonly onLost: () => void) {}

  readonly snapshot = (): LiveState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Follows overview and operations, and `workflow` besides. */
  follow(workflow: string | undefined): void {
    if (this.source !== undefined && this.followed === workflow) return;
    this.followed = workflow;
    this.connect();
  }

  readonly connect = (): void => {
    this.close();
    const query = this.followed === undefined ? '' : `&workflow=${encodeURIComponent(this.followed)}`;
    const source = new EventSource(`${pageApi}events?overview&operations${query}`);
    this.source = source;
    source.onopen = () => {
      this.failures = 0;
      this.apply({ type: 'opened', at: Date.now() });
    };
    source.onerror = () => this.lost();
    this.listen('overview', (value: Overview, at) => ({ type: 'overview', at, value }));
    this.listen('workflow', (value: WorkflowView, at) => ({ type: 'workflow', at, value }));
    this.listen('operation', (value: OperationRow, at) => ({ type: 'operation', at, value }));
  };

  close(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = undefined;
  }

  private listen<T>(name: string, toEvent: (value: T, at: number) => LiveEvent): void {
    this.source?.addEventListener(name, ({ data }: MessageEvent<string>) => {
      this.apply(toEvent(JSON.parse(data) as T, Date.now()));
    });
  }

  private lost(): void {
    this.close();
    this.apply({ type: 'lost', at: Date.now() });
    const pause = retryMs[Math.min(this.failures, retryMs.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(this.connect, pause);
    this.onLost();
  }

  private apply(event: LiveEvent): void {
    this.state = afterEvent(this.state, event);
    clearTimeout(this.silence);
    if (event.type !== 'lost') this.silence = setTimeout(this.connect, silentMs);
    for (const listener of this.listeners) listener();
  }
}
