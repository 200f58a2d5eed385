import { oneOf } from '../setting-values.js';
import type { Setting } from './setting.js';

/** What is told of the work. */
export const loggingSettings = {
  logLevel: {
    flag: 'log-level',
    variable: 'TORCHWEAVE_LOG_LEVEL',
    description: 'debug, info, warn or error (default info)',
    schema: oneOf('debug', 'info', 'warn', 'error').default('info'),
  },
  logFormat: {
    flag: 'log-format',
    property: 'log_format',
    variable: 'TORCHWEAVE_LOG_FORMAT',
    description: 'json, text for people, or auto: text on a terminal and json elsewhere (default auto)',
    schema: oneOf('auto', 'json', 'text').default('auto'),
  },
} as const satisfies Record<string, Setting>;
