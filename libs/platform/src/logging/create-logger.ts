import type { Logger } from '@torchweave/application';
import { isatty } from 'node:tty';
import { pino, type Logger as PinoLogger } from 'pino';
import { escapeControls } from '../text/escape-controls.js';
import { formatLine } from './format-line.js';
import { tellError } from './tell-error.js';

export interface LoggerOptions {
  /** Stands on every line as `app`. */
  readonly app: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`, the default: `text`, for people, where stderr is a terminal, and `json` elsewhere. */
  readonly format?: 'auto' | 'json' | 'text';
  /** Whether text is coloured. Default: where stderr is a terminal. */
  readonly isColoured?: boolean;
}

const wrap = (inner: PinoLogger): Logger => ({
  debug: (data, message) => inner.debug(data, message),
  info: (data, message) => inner.info(data, message),
  warn: (data, message) => inner.warn(data, message),
  error: (data, message) => inner.error(data, message),
  child: (bindings) => wrap(inner.child(bindings)),
});

const stderr = 2;

/** What is done to each line of JSON before it leaves. */
function lineWriter({ format = 'auto', isColoured }: LoggerOptions): (line: string) => string {
  const isTerminal = isatty(stderr);
  if (format === 'json' || (format === 'auto' && !isTerminal)) return escapeLine;
  return (line) => formatLine(line, isColoured ?? isTerminal);
}

/** JSON leaves some control characters as they are; what shows the log at a terminal would obey them. */
const escapeLine = (line: string): string => `${escapeControls(line.slice(0, -1))}\n`;

/**
 * Logs a line an event to stderr, so that stdout stays free for what a command answers. No control character of what is logged
 * gets out as it is.
 */
export function createLogger(options: LoggerOptions): Logger {
  return wrap(
    pino(
      {
        level: options.level,
        base: { app: options.app },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
        serializers: { err: tellError },
        hooks: { streamWrite: lineWriter(options) },
      },
      pino.destination({ dest: 2, sync: true }),
    ),
  );
}
