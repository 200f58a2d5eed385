import type { RequestOutcome, WorkflowMetrics } from '@torchweave/platform';
import type { ServerResponse } from 'node:http';

/** Times a prediction until its answer is sent or its client is gone, whichever way the answer goes out. */
export function measureRequest(metrics: WorkflowMetrics, workflow: string, response: ServerResponse): void {
  const end = metrics.requestStarted(workflow);
  response.once('close', () => end(outcomeOf(response)));
}

function outcomeOf({ writableFinished, statusCode }: ServerResponse): RequestOutcome {
  if (!writableFinished) return 'cancelled';
  if (statusCode >= 500) return 'failed';
  return statusCode >= 400 ? 'client_error' : 'ok';
}
