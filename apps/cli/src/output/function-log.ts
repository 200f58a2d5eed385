import type { Logger } from '@torchweave/application';
import { isTorchweaveError, type ErrorCode } from '@torchweave/domain';
import type { Colours } from './colours.js';

type Level = 'info' | 'warn' | 'error';

const textOf = (data: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = data[name];
  return typeof value === 'string' ? value : undefined;
};

/** What is wrong with a workflow, and not with the server: whoever asked is answered it. */
const answered = new Set<ErrorCode>([
  ...([
    'nodeFailed',
    'nodeRaised',
    'functionLoadFailed',
    'modelRejected',
    'registrationFailed',
    'specInvalid',
  ] as const),
]);

/** Which node said something: a model is `<workflow>__<node>`, with its version behind later ones. */
function speaker(data: Readonly<Record<string, unknown>>): string {
  const model = textOf(data, 'model')
    ?.replace(/^.*?__/, '')
    .replace(/\.v\d+$/, '');
  return textOf(data, 'node') ?? model ?? textOf(data, 'workflow') ?? 'python';
}

/**
 * A logger for whoever writes functions: what these print and log, by node, and what goes wrong on the server; nothing else.
 *
 * @param write gets a line at a time, with the end of none.
 */
export function functionLog(write: (line: string) => void, colours: Colours): Logger {
  const paint = { info: (text: string) => text, warn: colours.yellow, error: colours.red };
  const log = (level: Level) => (given: object, message: string) => {
    const data = given as Readonly<Record<string, unknown>>;
    if ('stream' in data) {
      const head = colours.cyan(speaker(data));
      for (const line of message.split('\n')) write(`${head} | ${paint[level](line)}`);
      return;
    }
    const { err } = data;
    if (level !== 'info' && !(isTorchweaveError(err) && answered.has(err.code))) {
      const reason = err instanceof Error ? `: ${err.message}` : '';
      write(`${colours.dim('server')} | ${paint[level](message + reason)}`);
    }
  };
  const logger: Logger = {
    ...{ debug: () => undefined, info: log('info'), warn: log('warn'), error: log('error') },
    child: () => logger,
  };
  return logger;
}
