import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { createColours } from './colours.js';
import { functionLog } from './function-log.js';

function logged(say: (logger: ReturnType<typeof functionLog>) => void): string[] {
  const lines: string[] = [];
  say(functionLog((line) => lines.push(line), createColours(false)));
  return lines;
}

describe('the log of functions', () => {
  it.each([
    ['a function', { workflow: 'flow', node: 'pre' }, 'pre'],
    ['a model', { model: 'flow__up' }, 'up'],
    ['a model of a later version', { model: 'flow__up.v3' }, 'up'],
    ['what is no call of a node', { workflow: 'flow' }, 'flow'],
  ])('names %s', (_what, owner, name) => {
    expect(logged((logger) => logger.info({ ...owner, stream: 'stdout' }, 'hello'))).toEqual([`${name} | hello`]);
  });

  it('names who said it on every line', () => {
    const lines = logged((logger) => logger.error({ node: 'pre', stream: 'logging' }, 'Traceback\n  File "h.py"'));
    expect(lines).toEqual(['pre | Traceback', 'pre |   File "h.py"']);
  });

  it('has what goes wrong on the server, and nothing else of it', () => {
    const err = new TorchweaveError('archiveStoreFull', {});
    const lines = logged((logger) => {
      logger.debug({}, 'debug');
      logger.info({}, 'info');
      logger.child({ part: 'worker' }).warn({ err }, 'trouble');
    });
    expect(lines).toEqual([`server | trouble: ${err.message}`]);
  });

  it('leaves out what whoever asked is answered', () => {
    const err = new TorchweaveError('nodeFailed', { node: 'pre', attempts: 1, reason: 'r' });
    expect(logged((logger) => logger.error({ err }, 'a request has failed'))).toEqual([]);
  });
});
