import type { SourcePlace } from '@torchweave/domain';

/**
 * What went wrong with a call.
 *
 * `raised`: an exception; `output`: what was returned is no answer; `memory`: out of memory; `timeout`: no answer in
 * time; `overdue`: it executed longer than it may; `died`: the process ended while it executed the call; `unavailable`: there is no process and none can be
 * started; `queueFull`; `aborted`: by the caller's signal; `tooLarge`: the input.
 */
export type CallFailureKind =
  | 'raised'
  | 'output'
  | 'memory'
  | 'timeout'
  | 'overdue'
  | 'died'
  | 'unavailable'
  | 'queueFull'
  | 'aborted'
  | 'tooLarge';

interface CallFailureOptions extends ErrorOptions {
  readonly status?: number | undefined;
  readonly answer?: string | undefined;
  readonly place?: SourcePlace | undefined;
}

/** A call that failed, in the pool's own terms; the two ports translate it into the catalogue's. */
export class CallFailure extends Error {
  /** Set for an exception that carries an HTTP status. */
  readonly status: number | undefined;
  /** With {@link status}: what to answer. */
  readonly answer: string | undefined;
  /** Where the archive's own code has raised it. */
  readonly place: SourcePlace | undefined;

  constructor(
    readonly kind: CallFailureKind,
    /** One sentence, for people. */
    readonly reason: string,
    options: CallFailureOptions = {},
  ) {
    super(reason, options);
    this.status = options.status;
    this.answer = options.answer;
    this.place = options.place;
  }
}
