import type { Logger } from '@torchweave/application';
import type { OutputEvent } from './control-frames.js';
import type { ProcessOwner } from './process-spec.js';
import type { SpokenFor } from './python-process.js';

/**
 * Tells the log what a process printed or logged, a log record at its own level.
 *
 * @param during the call that it says it has executed, as this side knows it.
 */
export function logOutput(
  logger: Logger,
  owner: ProcessOwner,
  event: OutputEvent,
  during: SpokenFor | undefined,
): void {
  const { stream, text, level } = event;
  const data = {
    ...owner,
    ...(during?.node === undefined ? {} : { node: during.node }),
    ...(during?.requestId === undefined ? {} : { requestId: during.requestId }),
    ...traceFields(during?.traceparent),
    stream,
  };
  logger[level ?? (stream === 'stderr' ? 'warn' : 'info')](data, text);
}

/** What a client sent may be anything. */
function traceFields(traceparent = ''): object {
  const traceId = /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1];
  return traceId === undefined ? {} : { trace_id: traceId };
}
