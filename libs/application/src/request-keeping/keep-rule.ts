import type { KeepReason } from '../ports/kept-requests.js';
import type { RecordedRequest } from './recorded-request.js';

/** What of a request decides whether it is kept. */
export type JudgedRequest = Pick<RecordedRequest, 'workflow' | 'version' | 'bodies' | 'outcome' | 'durationMs'>;

/** Whether to keep a request: why, or `excess` where there were too many of its kind; undefined of an ordinary one. */
export type Verdict = KeepReason | 'excess' | undefined;

/** ms between two requests of the sample. */
const sampleMs = 20_000;
const minuteMs = 60_000;

/** How many are kept a minute, so that a failing workflow leaves room for what else goes on. */
const aMinute: Readonly<Record<Exclude<KeepReason, 'sampled'>, { readonly all: number; readonly workflow: number }>> = {
  asked: { all: 60, workflow: 60 },
  failed: { all: 60, workflow: 10 },
  slow: { all: 30, workflow: 10 },
};

/** Decides which requests of a gateway are kept; of an ordinary one that costs two comparisons. */
export class KeepRule {
  private sampledAt = -Infinity;
  private minuteBegan = -Infinity;
  /** By reason, and by reason and workflow; those of one minute. */
  private readonly counts = new Map<string, number>();

  /** @param slowMs what takes longer is slow. */
  constructor(private readonly slowMs: number) {}

  /** @param now ms of a clock that does not go back. */
  judge(request: JudgedRequest, now: number): Verdict {
    const reason = this.reasonOf(request);
    if (reason !== undefined) return this.hasRoom(reason, request, now) ? reason : 'excess';
    if (now - this.sampledAt < sampleMs) return undefined;
    this.sampledAt = now;
    return 'sampled';
  }

  private reasonOf({ bodies, outcome, durationMs }: JudgedRequest): keyof typeof aMinute | undefined {
    if (bodies !== undefined) return 'asked';
    if (outcome === 'failed') return 'failed';
    return durationMs > this.slowMs && outcome !== 'client_error' ? 'slow' : undefined;
  }

  private hasRoom(reason: keyof typeof aMinute, { workflow, version }: JudgedRequest, now: number): boolean {
    if (now - this.minuteBegan >= minuteMs) {
      this.minuteBegan = now;
      this.counts.clear();
    }
    const { all, workflow: ofWorkflow } = aMinute[reason];
    // Names that no workflow has are made up by clients: they count as one.
    const key = `${reason} ${version === undefined ? '' : workflow}`;
    const [total, own] = [this.counts.get(reason) ?? 0, this.counts.get(key) ?? 0];
    if (total >= all || own >= ofWorkflow) return false;
    this.counts.set(reason, total + 1).set(key, own + 1);
    return true;
  }
}
