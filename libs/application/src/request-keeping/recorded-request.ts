import type { TorchweaveError, WorkflowNode } from '@torchweave/domain';
import type {
  AttemptOutcome,
  AttemptSpan,
  EndedAttempt,
  RequestOutcome,
  RequestSpan,
  StartedRequest,
} from '../ports/telemetry.js';

/** Attempts that are recorded of one request. */
const mostAttempts = 200;

const unrecorded: AttemptSpan = { ended: () => undefined };

/** What is recorded of a request while it runs: one object for it and one for each attempt, nothing else. */
export class RecordedRequest implements RequestSpan {
  readonly startedAt = performance.now();
  readonly id: string;
  readonly workflow: string;
  readonly isAsked: boolean;
  version: number | undefined;
  error: TorchweaveError | undefined;
  outcome: RequestOutcome = 'cancelled';
  status: number | undefined;
  durationMs = 0;
  lastAttempt: RecordedAttempt | undefined;
  private attempts = 0;

  constructor(
    { requestId, workflow, isAsked = false }: Pick<StartedRequest, 'requestId' | 'workflow' | 'isAsked'>,
    private readonly onEnd: (request: RecordedRequest) => void,
  ) {
    this.id = requestId;
    this.workflow = workflow;
    this.isAsked = isAsked;
  }

  served(version: number): void {
    this.version = version;
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    if (this.attempts === mostAttempts) return unrecorded;
    this.attempts += 1;
    this.lastAttempt = new RecordedAttempt(node.name, attempt, this.lastAttempt);
    return this.lastAttempt;
  }

  failed(error: TorchweaveError): void {
    this.error = error;
  }

  ended(outcome: RequestOutcome, status?: number): void {
    this.durationMs = performance.now() - this.startedAt;
    this.outcome = outcome;
    this.status = status;
    this.onEnd(this);
  }
}

/** One attempt of a node; those of a request hang together by `previous`. */
export class RecordedAttempt implements AttemptSpan {
  readonly startedAt = performance.now();
  /** Undefined while it runs. */
  outcome: AttemptOutcome | undefined;
  durationMs = 0;
  waitedMs: number | undefined;
  error: TorchweaveError | undefined;
  place: string | undefined;

  constructor(
    readonly node: string,
    readonly attempt: number,
    readonly previous: RecordedAttempt | undefined,
  ) {}

  ended({ outcome, durationMs, waitedMs, error, place }: EndedAttempt): void {
    this.outcome = outcome;
    this.durationMs = durationMs;
    this.waitedMs = waitedMs;
    this.error = error;
    this.place = place;
  }
}
