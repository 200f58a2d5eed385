import type { Logger } from '@torchweave/application';
import type { OutputEvent } from './control-frames.js';
import type { ProcessOwner } from './process-spec.js';

/** Tells the log what a process printed or logged. */
export function logOutput(logger: Logger, owner: ProcessOwner, event: OutputEvent): void {
  const { stream, text } = event;
  const node = event.node ?? undefined;
  const level = event.level ?? undefined;
  const data = { ...owner, ...(node === undefined ? {} : { node }), stream, ...(level === undefined ? {} : { level }) };
  logger[level ?? (stream === 'stderr' ? 'warn' : 'info')](data, text);
}
