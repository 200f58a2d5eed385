import { isTorchweaveError, TorchweaveError, versionsToShadow, type Traffic } from '@torchweave/domain';
import { Cancellation } from '@torchweave/kernel';
import type { Logger } from '../ports/logger.js';
import type { ShadowOutcome, ShadowTelemetry } from '../ports/telemetry.js';
import type { RoutingTable, ServedWorkflow } from './routing-table.js';
import type { RunWorkflow, WorkflowRequest } from './run-workflow.js';
import { answeredWith, failedWith, outcomeOf, type ComparedAnswer } from './shadow-comparison.js';

export interface ShadowPorts {
  readonly runner: Pick<RunWorkflow, 'execute'>;
  readonly table: Pick<RoutingTable, 'getVersion'>;
  readonly telemetry: ShadowTelemetry;
  readonly logger: Logger;
}

export interface ShadowLimits {
  /** Copies that run at once. */
  readonly runs: number;
  /** bytes of the bodies of requests that are to be copied, or are. */
  readonly bytes: number;
  /** Differences that are logged in a minute. */
  readonly loggedAMinute: number;
}

/** Of one gateway. */
const defaultLimits: ShadowLimits = { runs: 32, bytes: 32 * 1_048_576, loggedAMinute: 20 };

/** A request of which other versions get copies, once it is answered itself. */
export interface ShadowedRequest {
  /** The request as it is to be run: with its input shared. */
  readonly request: WorkflowRequest;
  /** It was answered; the body is not read any more once this returns. Copies are sent from now on, and nobody waits for them. */
  answered(version: number, body: Uint8Array): void;
  /** It was answered an error, or its client is gone. */
  failed(version: number, thrown: unknown): void;
}

/** What all copies of one request have in common. */
interface Copied extends Pick<Traffic, 'compare'> {
  readonly workflow: string;
  readonly versions: readonly number[];
  readonly request: WorkflowRequest;
  readonly bytes: number;
}

/**
 * Sends copies of requests to other versions, and drops what they answer. No client feels it: a copy begins when its request has
 * been answered, runs under limits of its own, and is given up when anything is to end. Beyond the limits copies are dropped, and
 * counted.
 */
export class ShadowRuns {
  private readonly running = new Set<Cancellation>();
  private heldBytes = 0;
  private isClosed = false;
  private logged = { since: 0, count: 0, more: 0 };

  constructor(
    private readonly ports: ShadowPorts,
    private readonly limits = defaultLimits,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * @param bytes of the body.
   * @returns undefined where no version gets a copy of this request.
   */
  take(
    workflow: string,
    { shadow = {}, compare }: Traffic,
    request: WorkflowRequest,
    bytes: number,
  ): ShadowedRequest | undefined {
    const versions = this.isClosed ? [] : versionsToShadow(shadow, this.random);
    if (versions.length === 0) return undefined;
    if (this.heldBytes + bytes > this.limits.bytes) {
      for (const version of versions) this.ports.telemetry.shadowEnded({ workflow, version, outcome: 'dropped' });
      return undefined;
    }
    this.heldBytes += bytes;
    const shared = shareInput(request, versions.length + 1);
    return this.shadowed({ workflow, versions, request: shared, bytes, compare });
  }

  /** Gives up what runs, at once, and copies nothing any more. */
  close(): void {
    this.isClosed = true;
    for (const cancellation of this.running) cancellation.abort(new TorchweaveError('clientGone', {}));
  }

  private shadowed(copied: Copied): ShadowedRequest {
    const { request, compare = false } = copied;
    const startedAt = performance.now();
    return {
      request,
      answered: (version, body) =>
        this.begin(copied, compare ? answeredWith(version, body, performance.now() - startedAt, true) : undefined),
      failed: (version, thrown) => {
        const isComparable = compare && !isClientGone(request.cancellation.reason);
        this.begin(copied, isComparable ? failedWith(version, thrown, performance.now() - startedAt) : undefined);
      },
    };
  }

  /** After what is due in this turn of the event loop: the answer to the client goes out first. */
  private begin(copied: Copied, original: ComparedAnswer | undefined): void {
    setImmediate(() => void this.runAll(copied, original));
  }

  private async runAll(copied: Copied, original: ComparedAnswer | undefined): Promise<void> {
    try {
      await Promise.all(copied.versions.map((version) => this.run(copied, version, original)));
    } catch (error) {
      this.ports.logger.error({ workflow: copied.workflow, err: error }, 'copies of a request went wrong');
    } finally {
      this.heldBytes -= copied.bytes;
    }
  }

  private async run(copied: Copied, version: number, original: ComparedAnswer | undefined): Promise<void> {
    const { workflow, request } = copied;
    const served = this.isClosed ? undefined : this.ports.table.getVersion({ workflow, version });
    if (served === undefined || this.running.size >= this.limits.runs) {
      request.releaseInput?.();
      return this.ports.telemetry.shadowEnded({ workflow, version, outcome: 'dropped' });
    }
    const copy = copyOf(request, version);
    const answer = await this.answer(served, copy, copied.compare ?? false);
    if (answer === undefined) return this.ports.telemetry.shadowEnded({ workflow, version, outcome: 'dropped' });
    const outcome = await outcomeOf(answer, original);
    this.ports.telemetry.shadowEnded({ workflow, version, outcome, durationMs: answer.durationMs });
    this.log(workflow, outcome, { request, original }, { request: copy, answer });
  }

  /** @returns undefined where it was given up. */
  private async answer(
    served: ServedWorkflow,
    copy: WorkflowRequest,
    compare: boolean,
  ): Promise<ComparedAnswer | undefined> {
    const { cancellation } = copy;
    const { version, runs } = served;
    const startedAt = performance.now();
    this.running.add(cancellation);
    runs?.unawaited.add(cancellation);
    try {
      const output = await this.ports.runner.execute(served, copy);
      const answer = answeredWith(version, output.value, performance.now() - startedAt, compare);
      output.release?.();
      return answer;
    } catch (error) {
      // A run that fails cancels itself, with its error.
      if (isClientGone(cancellation.reason)) return undefined;
      return failedWith(version, error, performance.now() - startedAt);
    } finally {
      this.running.delete(cancellation);
      runs?.unawaited.delete(cancellation);
    }
  }

  private log(
    workflow: string,
    outcome: ShadowOutcome,
    { request, original }: { readonly request: WorkflowRequest; readonly original: ComparedAnswer | undefined },
    copy: { readonly request: WorkflowRequest; readonly answer: ComparedAnswer },
  ): void {
    if (original === undefined || outcome === 'same' || outcome === 'answered') return;
    const unlogged = this.unloggedBefore();
    if (unlogged === undefined) return;
    const of = ({ version, status, code, durationMs }: ComparedAnswer): object => ({
      ...{ version, status, durationMs: Math.round(durationMs * 10) / 10 },
      ...(code === undefined ? {} : { code }),
    });
    const traceId = request.span?.traceId;
    const event = {
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      ...{ workflow, outcome, requestId: request.requestId, shadowRequestId: copy.request.requestId },
      ...{ answer: of(original), shadowAnswer: of(copy.answer) },
      ...(unlogged === 0 ? {} : { unlogged }),
    };
    this.ports.logger.warn(event, 'a copy of a request was answered otherwise');
  }

  /** @returns how many were not logged since the last one that was; undefined where this one is not either. */
  private unloggedBefore(): number | undefined {
    const now = performance.now();
    if (now - this.logged.since >= 60_000) this.logged = { since: now, count: 0, more: this.logged.more };
    if (this.logged.count >= this.limits.loggedAMinute) {
      this.logged.more += 1;
      return undefined;
    }
    const { more } = this.logged;
    this.logged.count += 1;
    this.logged.more = 0;
    return more;
  }
}

const isClientGone = (error: unknown): boolean => isTorchweaveError(error, 'clientGone');

/** The memory of the input is given back when the last of so many runs reads it no more. */
function shareInput(request: WorkflowRequest, runs: number): WorkflowRequest {
  const { releaseInput } = request;
  if (releaseInput === undefined) return request;
  let left = runs;
  return {
    ...request,
    releaseInput: () => {
      left -= 1;
      if (left === 0) releaseInput();
    },
  };
}

/** A run of its own, which nobody observes: functions and models can tell by its id, and by a header. */
function copyOf({ requestId, headers, input, releaseInput }: WorkflowRequest, version: number): WorkflowRequest {
  return {
    requestId: `${requestId}-shadow-${version}`,
    headers: { ...headers, 'Torchweave-Shadow': String(version) },
    ...{ input, releaseInput, cancellation: new Cancellation() },
  };
}
