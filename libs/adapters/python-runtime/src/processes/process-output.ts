import type { Logger } from '@torchweave/application';
import type { OutputEvent } from './control-frames.js';
import type { ProcessOwner } from './process-spec.js';

/** Tells the log what a process printed or logged, a log record at its own level. */
export function logOutput(logger: Logger, owner: ProcessOwner, event: OutputEvent): void {
  const { stream, text, node, request, level } = event;
  const data = {
    ...owner,
    ...(typeof node === 'string' ? { node } : {}),
    ...(typeof request === 'string' ? { requestId: request } : {}),
    stream,
  };
  logger[level ?? (stream === 'stderr' ? 'warn' : 'info')](data, text);
}
