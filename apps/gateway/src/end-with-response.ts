import type { RequestOutcome, RequestSpan } from '@torchweave/application';
import type { ServerResponse } from 'node:http';

/** Ends the span of a prediction when its answer is sent or its client is gone, whichever way the answer goes out. */
export function endWithResponse(span: RequestSpan, response: ServerResponse): void {
  response.once('close', () => {
    span.ended(outcomeOf(response), response.writableFinished ? response.statusCode : undefined);
  });
}

export function outcomeOf({ writableFinished, statusCode }: ServerResponse): RequestOutcome {
  if (!writableFinished) return 'cancelled';
  if (statusCode >= 500) return 'failed';
  return statusCode >= 400 ? 'client_error' : 'ok';
}
