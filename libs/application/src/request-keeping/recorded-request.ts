import type { NodeInput, NodeOutput, TorchweaveError, WorkflowNode } from '@torchweave/domain';
import type { KeptBody } from '../ports/kept-requests.js';
import type {
  AttemptOutcome,
  AttemptSpan,
  EndedAttempt,
  RequestOutcome,
  RequestSpan,
  StartedRequest,
} from '../ports/telemetry.js';
import type { KeptBodies } from './kept-body.js';

/** Attempts that are recorded of one request. */
const mostAttempts = 200;

const unrecorded: AttemptSpan = { ended: () => undefined };

/** What is recorded of a request while it runs: one object for it and one for each attempt, nothing else. */
export class RecordedRequest implements RequestSpan {
  readonly startedAt = performance.now();
  readonly id: string;
  readonly workflow: string;
  /** Where it is asked for, also what went into its nodes and came out of them. */
  readonly bodies: KeptBodies | undefined;
  version: number | undefined;
  error: TorchweaveError | undefined;
  outcome: RequestOutcome = 'cancelled';
  status: number | undefined;
  durationMs = 0;
  lastAttempt: RecordedAttempt | undefined;
  private attempts = 0;

  constructor(
    { requestId, workflow }: Pick<StartedRequest, 'requestId' | 'workflow'>,
    bodies: KeptBodies | undefined,
    private readonly onEnd: (request: RecordedRequest) => void,
  ) {
    this.id = requestId;
    this.workflow = workflow;
    this.bodies = bodies;
  }

  served(version: number): void {
    this.version = version;
  }

  attemptStarted(node: WorkflowNode, attempt: number): AttemptSpan {
    if (this.attempts === mostAttempts) return unrecorded;
    this.attempts += 1;
    const { bodies, lastAttempt: previous } = this;
    this.lastAttempt =
      bodies === undefined
        ? new RecordedAttempt(node.name, attempt, previous)
        : new RevealedAttempt(node.name, attempt, previous, bodies);
    return this.lastAttempt;
  }

  failed(error: TorchweaveError): void {
    this.error = error;
  }

  ended(outcome: RequestOutcome, status?: number): void {
    this.durationMs = performance.now() - this.startedAt;
    this.bodies?.close();
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
  input: KeptBody | undefined;
  output: KeptBody | undefined;

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

/** An attempt of which it is kept what went in and came out. */
class RevealedAttempt extends RecordedAttempt {
  constructor(
    node: string,
    attempt: number,
    previous: RecordedAttempt | undefined,
    private readonly bodies: KeptBodies,
  ) {
    super(node, attempt, previous);
  }

  received(input: NodeInput): void {
    this.input = this.bodies.input(input);
  }

  answered(output: NodeOutput): void {
    this.output = this.bodies.output(output);
  }
}
