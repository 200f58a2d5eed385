import { TorchweaveError } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { registrationFailure, registrationStatus } from './registration-status.js';

const endpoint = 'http://models:8081';
const refused = (status: number): TorchweaveError =>
  new TorchweaveError('modelServerRefused', { endpoint, status, message: 'no' });

describe('the status of a registration that has failed', () => {
  it.each([
    ['a function that does not load', 'functionLoadFailed', { functionName: 'f', file: 'h.py', reason: 'no' }, 400],
    ['a URL that gives nothing', 'downloadFailed', { url: 'http://x', reason: 'no' }, 400],
    ['a URL that is not allowed', 'urlNotAllowed', { url: 'http://x' }, 400],
    ['a number that has a bound by now', 'modelSettingInvalid', { node: 'up', rule: 'no' }, 400],
    ['a model server that is away', 'modelServerUnreachable', { endpoint, reason: 'connection refused' }, 503],
    ['no model server', 'noModelServer', { model: 'm' }, 503],
    ['a model server that is late', 'modelServerLate', { endpoint, timeoutMs: 1 }, 504],
    ['a full disk', 'archiveStoreFull', {}, 507],
    ['anything else', 'internal', { reason: 'no' }, 500],
  ] as const)('is, for %s', (_, code, data, status) =>
    expect(registrationStatus(new TorchweaveError(code, data))).toBe(status),
  );

  it.each([
    [404, 400],
    [400, 400],
    [500, 500],
    [503, 500],
    [507, 507],
  ])('is, for a model server that answers %i, %i', (answered, status) =>
    expect(registrationStatus(refused(answered))).toBe(status),
  );

  it.each([
    [[400, 400], 400],
    [[400, 503], 503],
    [[504, 503, 400], 503],
    [[503, 500], 500],
  ])('is, of nodes with %j, %i', (statuses, status) => {
    const failures = statuses.map((each) => ({ node: 'w__up', reason: 'no', status: each }));
    const failure = registrationFailure('w', failures);
    expect(failure.status).toBe(status);
    expect(failure.toBody()).toMatchObject({
      code: status,
      failures: statuses.map(() => ({ node: 'w__up', reason: 'no' })),
    });
  });

  it('is 500 for a failure that was recorded before it had one', () => {
    expect(new TorchweaveError('registrationFailed', { workflow: 'w', failures: [] }).status).toBe(500);
  });
});
