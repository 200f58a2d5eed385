import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { tellError } from './tell-error.js';

describe('an error in the log', () => {
  it('is told with its cause, code and data', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', port: 1 });
    const error = new TorchweaveError('stateUnavailable', { reason: 'x', retryAfterSeconds: 1 }, { cause });
    expect(tellError(error)).toMatchObject({
      type: 'TorchweaveError',
      code: 'stateUnavailable',
      data: { reason: 'x' },
      cause: { message: 'refused', code: 'ECONNREFUSED', port: 1 },
    });
  });

  it('tells nothing of a command of Redis, whose words may be a password', () => {
    const error = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['topsecret'] } });
    expect(JSON.stringify(tellError(error))).not.toContain('topsecret');
  });

  it('tells no password of an address', () => {
    expect(JSON.stringify(tellError(new Error('no redis://user:topsecret@host:1')))).not.toContain('topsecret');
  });

  it('ends, however long its causes are a chain', () => {
    const error = new Error('a');
    error.cause = error;
    expect(JSON.stringify(tellError(error)).length).toBeLessThan(20_000);
  });

  it('leaves what is no error as it is', () => expect(tellError('text')).toBe('text'));
});
