import { keepReasons, type KeepReason, type KeptRequest } from '../ports/kept-requests.js';
import type { RequestSpan, RequestTelemetry, StartedRequest } from '../ports/telemetry.js';
import { KeepRule } from './keep-rule.js';
import { KeptBodies } from './kept-body.js';
import { keptDocument, type Keeping } from './kept-document.js';
import { RecordedRequest } from './recorded-request.js';

/** Requests that wait to be written. */
const mostWaiting = 50;

/** How many requests were kept, and how many were to be and were not. */
export interface KeptCounts {
  readonly kept: Readonly<Record<KeepReason, number>>;
  readonly dropped: number;
}

export interface RequestKeeperOptions {
  /** ms beyond which a request is slow. */
  readonly slowMs: number;
  /** Names of fields and of keys in JSON whose values are not kept. */
  readonly redacted: readonly string[];
}

/**
 * Records every prediction of a gateway, and keeps those that somebody may want to look at. What is kept is put into words when it is
 * taken to be written, not while predictions wait.
 */
export class RequestKeeper implements RequestTelemetry {
  private readonly rule: KeepRule;
  private readonly redacted: ReadonlySet<string>;
  private waiting: Keeping[] = [];
  private readonly kept = Object.fromEntries(keepReasons.map((reason) => [reason, 0])) as Record<KeepReason, number>;
  private dropped = 0;

  constructor(
    private readonly gatewayId: string,
    { slowMs, redacted }: RequestKeeperOptions,
  ) {
    this.rule = new KeepRule(slowMs);
    this.redacted = new Set(redacted.map((name) => name.toLowerCase()));
  }

  get counts(): KeptCounts {
    return { kept: this.kept, dropped: this.dropped };
  }

  requestStarted(request: Pick<StartedRequest, 'requestId' | 'workflow' | 'isAsked'>): RequestSpan {
    const bodies = request.isAsked === true ? new KeptBodies(this.redacted) : undefined;
    return new RecordedRequest(request, bodies, this.ended);
  }

  /** What is to be written, oldest first; it waits no longer. */
  take(): readonly KeptRequest[] {
    if (this.waiting.length === 0) return [];
    const taken = this.waiting;
    this.waiting = [];
    return taken.map((each) => keptDocument(each, this.gatewayId));
  }

  /** Some that were taken have been written. */
  written(requests: readonly Pick<KeptRequest, 'why'>[]): void {
    for (const { why } of requests) this.kept[why] += 1;
  }

  /** Some that were taken could not be written. */
  lost(count: number): void {
    this.dropped += count;
  }

  private readonly ended = (request: RecordedRequest): void => {
    const why = this.rule.judge(request, request.startedAt + request.durationMs);
    if (why === undefined) return;
    if (why === 'excess' || this.waiting.length === mostWaiting) this.dropped += 1;
    else this.waiting.push({ request, why, endedAt: new Date() });
  };
}
