import { shorten, type TorchweaveError } from '@torchweave/domain';
import type { KeepReason, KeptAttempt, KeptFault, KeptRequest } from '../ports/kept-requests.js';
import type { RecordedAttempt, RecordedRequest } from './recorded-request.js';

/** Characters of one sentence, and of all sentences of a request. */
const longestMessage = 4_000;
const allMessages = 32_000;
/** Characters of a name, which a client may have made up. */
const longestName = 256;

/** A request that is to be kept. */
export interface Keeping {
  readonly request: RecordedRequest;
  readonly why: KeepReason;
  readonly endedAt: Date;
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** What is kept of a request, with all that others have made up of it bounded. */
export function keptDocument({ request, why, endedAt }: Keeping, gateway: string): KeptRequest {
  const { id, version = 0, durationMs, status = 0, outcome, error, startedAt } = request;
  const messages = new Messages();
  const attempts: RecordedAttempt[] = [];
  for (let each = request.lastAttempt; each !== undefined; each = each.previous) attempts.unshift(each);
  return {
    ...{ id, workflow: shorten(request.workflow, longestName), version },
    at: new Date(endedAt.getTime() - durationMs).toISOString(),
    ...{ durationMs: rounded(durationMs), status, outcome, why, gateway },
    ...(error === undefined ? {} : { error: messages.faultOf(error) }),
    spans: attempts.map((attempt) => spanOf(attempt, startedAt, messages, startedAt + durationMs)),
  };
}

function spanOf(attempt: RecordedAttempt, requestAt: number, messages: Messages, endedAt: number): KeptAttempt {
  const { node, waitedMs, error, place, startedAt, input, output } = attempt;
  // One that still runs when its request has ended is on its way to be cancelled.
  const durationMs = attempt.outcome === undefined ? endedAt - startedAt : attempt.durationMs;
  return {
    ...{ node: shorten(node, longestName), attempt: attempt.attempt, startedMs: rounded(startedAt - requestAt) },
    ...(waitedMs === undefined ? {} : { waitedMs: rounded(waitedMs) }),
    durationMs: rounded(durationMs),
    outcome: attempt.outcome ?? 'cancelled',
    ...(error === undefined ? {} : { error: messages.faultOf(error) }),
    ...(place === undefined ? {} : { place: shorten(place, longestName) }),
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Sentences of one request, as a client is told them, as long as there is room. */
class Messages {
  private left = allMessages;

  faultOf(error: TorchweaveError): KeptFault {
    const { reason, errorCode } = error.toBody();
    const whole = typeof reason === 'string' ? `${error.message}: ${reason}` : error.message;
    const message = shorten(whole, Math.max(1, Math.min(longestMessage, this.left)));
    this.left -= message.length;
    return { message, errorCode };
  }
}
