import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { pino, stdSerializers, type Logger as PinoLogger } from 'pino';

export interface LoggerOptions {
  /** Stands on every line as `app`. */
  readonly app: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const told = stdSerializers.errWithCause(error);
  return error instanceof TorchweaveError ? { ...told, code: error.code, data: error.data as unknown } : told;
}

const wrap = (inner: PinoLogger): Logger => ({
  debug: (data, message) => inner.debug(data, message),
  info: (data, message) => inner.info(data, message),
  warn: (data, message) => inner.warn(data, message),
  error: (data, message) => inner.error(data, message),
  child: (bindings) => wrap(inner.child(bindings)),
});

/** Logs one JSON line an event to stderr, so that stdout stays free for what a command answers. */
export function createLogger(options: LoggerOptions): Logger {
  return wrap(
    pino(
      {
        level: options.level,
        base: { app: options.app },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
        serializers: { err: serializeError },
      },
      pino.destination({ dest: 2, sync: true }),
    ),
  );
}
