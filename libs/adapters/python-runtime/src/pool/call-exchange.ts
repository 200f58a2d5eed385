import type { HandlerFailure } from '../protocol/answer-content.js';
import type { CallAnswer, Exchange } from '../processes/python-process.js';
import { CallFailure } from './call-failure.js';
import type { Call } from './call.js';

/** The calls that go to a process together, and get their answers together. */
export class CallExchange implements Exchange {
  readonly entry: number;

  /** @param runAlone has each of these calls done again without the others. */
  constructor(
    readonly rows: readonly Call[],
    readonly limitMs: number,
    readonly costMicros: number,
    private readonly runAlone: (calls: readonly Call[]) => void,
  ) {
    this.entry = rows[0]?.entry ?? 0;
  }

  answered(answer: CallAnswer): void {
    if (answer.kind === 'failed') {
      this.failed(failureOf(answer.failure));
      return;
    }
    const beganAt = performance.now() - answer.micros / 1_000;
    this.rows.forEach((call, row) => {
      const output = answer.outputs[row];
      if (output === undefined) return;
      output.waitedMs = Math.max(0, beganAt - call.submittedAt);
      call.succeed(output);
    });
  }

  /**
   * It went wrong. Of several calls nobody knows whose fault that was, and what the handler said may be about any of them: no call
   * hears of it, and each is done once more, alone.
   */
  failed(failure: CallFailure): void {
    if (this.rows.length > 1) this.runAlone(this.rows);
    else this.fail(failure);
  }

  fail(failure: CallFailure): void {
    for (const call of this.rows) call.fail(failure);
  }
}

function failureOf({ kind, reason, status, message, place }: HandlerFailure): CallFailure {
  return new CallFailure(kind, reason, { status, answer: message, place });
}
