import type { HandlerFailure } from '../protocol/answer-content.js';
import type { CallAnswer, Exchange } from '../processes/python-process.js';
import { CallFailure } from './call-failure.js';
import type { Call } from './call.js';

/** The calls that go to a process together, and get their answers together. */
export class CallExchange implements Exchange {
  readonly entry: number;

  constructor(
    readonly rows: readonly Call[],
    readonly limitMs: number,
    readonly costMicros: number,
  ) {
    this.entry = rows[0]?.entry ?? 0;
  }

  answered(answer: CallAnswer): void {
    if (answer.kind === 'failed') {
      this.fail(failureOf(answer.failure));
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

  fail(failure: CallFailure): void {
    for (const call of this.rows) call.fail(failure);
  }
}

function failureOf({ kind, reason, status, message }: HandlerFailure): CallFailure {
  return new CallFailure(kind, reason, { status, answer: message });
}
