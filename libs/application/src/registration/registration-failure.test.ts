import { TorchweaveError, type ErrorCode, type ErrorData, type WorkflowDefinition } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { registrationFailure } from './registration-failure.js';

const definition: WorkflowDefinition = {
  ...{ name: 'w', version: 1, url: 'w.war', digest: 'd', dagText: '{}' },
  manifest: { createdOn: '', archiverVersion: '', workflow: { workflowName: 'w', specFile: 's' } },
  globals: { minWorkers: 1, maxWorkers: 1, batchSize: 1, maxBatchDelay: 50, retryAttempts: 1, timeoutMs: 10_000 },
  nodes: [
    { name: 'pre', modelName: 'w__pre', kind: 'function', parents: [], children: [], retryAttempts: 1, timeoutMs: 1 },
  ],
};

const endpoint = 'http://models:8081';
const error = <C extends ErrorCode>(code: C, data: ErrorData[C]): TorchweaveError =>
  new TorchweaveError(code, data) as unknown as TorchweaveError;
type Refusal = 'modelRejected' | 'modelServerFull' | 'modelServerRefused';
const refused = (code: Refusal): TorchweaveError => error(code, { endpoint, message: 'No.' });
const unreachable = error('modelServerUnreachable', { endpoint, reason: 'connection refused' });
const notLoaded = (isRaised: boolean): TorchweaveError =>
  error('functionLoadFailed', {
    functionName: 'pre',
    file: 'h.py',
    reason: 'it is wrong',
    ...(isRaised ? { isRaised } : {}),
  });

describe('a registration that failed', () => {
  it.each<[string, TorchweaveError[], number]>([
    ['a model archive that is not there, or refused', [refused('modelRejected')], 400],
    ['a model whose workers do not start', [refused('modelServerRefused')], 500],
    ['a function that Python refuses', [notLoaded(true)], 400],
    ['a function whose process has died', [notLoaded(false)], 500],
    ['a model server that is away', [unreachable], 503],
    ['a model server that is late', [error('modelServerLate', { endpoint, timeoutMs: 1 })], 504],
    ['a model server that has no room', [refused('modelServerFull')], 507],
    ['a model whose URL gives nothing', [error('downloadFailed', { url: 'http://x', reason: 'no' })], 400],
    ['a number that has a bound by now', [error('modelSettingInvalid', { node: 'up', rule: 'no' })], 400],
    ['a full disk', [error('archiveStoreFull', {})], 507],
    ['no model server', [error('noModelServer', { model: 'w__up' })], 503],
    ['a model server that takes no key of ours', [error('modelServerUnauthorized', { endpoint, message: 'No.' })], 500],
    ['an error that nobody knows', [error('internal', { reason: 'x' })], 500],
    ['an archive at fault and a model server that is away', [unreachable, notLoaded(true)], 400],
    ['a model server that is away and one that is out of order', [unreachable, refused('modelServerRefused')], 500],
  ])('by %s has the status of whose fault it is', (_what, errors, status) => {
    const failure = registrationFailure(
      definition,
      errors.map((each, i) => ({ nodes: [`w__${i}`], error: each })),
    );
    expect(failure).toMatchObject({ code: 'registrationFailed', type: 'WorkflowException', status });
  });

  it('tells every node, a function by its own name', () => {
    const failed = [
      { nodes: ['w__a', 'w__b'], error: unreachable },
      { nodes: ['w__pre', 'w__post'], error: notLoaded(true) },
    ];
    expect(registrationFailure(definition, failed).data.failures).toEqual([
      { node: 'w__a', reason: unreachable.message },
      { node: 'w__b', reason: unreachable.message },
      { node: 'w__pre', reason: 'it is wrong' },
    ]);
  });
});
