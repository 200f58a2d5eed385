import { describe, expect, it } from 'vitest';
import { errorCatalogue, type ErrorCode, type ErrorData } from './catalogue.js';
import { isTorchweaveError, toTorchweaveError, TorchweaveError } from './torchweave-error.js';

/** One example of each error's data; a new code needs a line here. */
const examples: { readonly [Code in ErrorCode]: ErrorData[Code] } = {
  parameterMissing: { parameter: 'url' },
  parameterInvalid: { parameter: 'limit', value: '-1', rule: 'a positive number' },
  bodyMalformed: { reason: 'no JSON' },
  bodyTooLarge: { limitBytes: 6_553_500 },
  mediaTypeUnsupported: { contentType: 'text/xml' },
  unauthorized: { reason: 'missing' },
  requestMalformed: { reason: 'it is no HTTP' },
  requestTooSlow: {},
  urlTooLong: { limitBytes: 8_192 },
  headersTooLarge: { limitBytes: 16_384, limitCount: 200 },
  keyNotRenewed: { reason: 'EROFS', retryAfterSeconds: 1 },
  resourceNotFound: {},
  methodNotAllowed: { allow: 'GET' },
  operationNotFound: { operationId: 'op' },
  operationPending: { operationId: 'op', waitedMs: 100 },
  operationUncertain: { operationId: 'op', retryAfterSeconds: 1 },
  operationExpired: { operationId: 'op' },
  noWorker: { retryAfterSeconds: 5 },
  workflowNotFound: { workflow: 'chain' },
  workflowNotInStore: { url: 'chain.war' },
  workflowStoreMissing: {},
  relativePath: { url: '../chain.war' },
  urlNotAllowed: { url: 'http://a/b' },
  addressNotAllowed: { url: 'http://a/b', host: 'a' },
  downloadFailed: { url: 'http://a/b', reason: 'the connection was refused' },
  archiveTooLarge: { url: 'http://a/b', limitBytes: 10 },
  digestMismatch: { url: 'http://a/b', expected: 'aa', actual: 'bb' },
  archiveUnreadable: { reason: 'it is empty' },
  archiveEntryRefused: { entry: '../x', reason: 'it leads out of the archive' },
  archiveLimitExceeded: { limit: 'entries', allowed: 10_000 },
  manifestMissing: {},
  manifestMalformed: { reason: 'no JSON' },
  manifestWithoutWorkflow: {},
  workflowNameMissing: {},
  archiverVersionMissing: {},
  createdOnMissing: {},
  manifestFieldInvalid: { field: 'workflow.handler', reason: 'is not a string' },
  specFileUndefined: {},
  specFileMissing: { file: 'spec.yaml' },
  workflowNameInvalid: { name: 'my workflow', rule: 'no spaces' },
  specInvalid: { problems: [{ rule: 'r', message: 'is wrong.', file: 'spec.yaml', line: 2, column: 3 }] },
  dagInvalid: { reason: 'Not a valid DAG', detail: 'there is a cycle among a, b' },
  workflowConflict: { workflow: 'chain' },
  workflowBusy: { workflow: 'chain', phase: 'registering', operationId: 'op' },
  modelNameTaken: { model: 'a__b', workflow: 'a', owner: 'a__b' },
  registrationFailed: { workflow: 'chain', failures: [{ node: 'chain__up', reason: 'Model not found' }] },
  unregistrationFailed: { workflow: 'chain', failures: [{ node: 'chain__up', reason: 'refused' }] },
  operationAbandoned: { operationId: 'op', reason: 'too late' },
  workflowUnreadable: { workflow: 'w', reason: 'it has schema version 2' },
  nodeFailed: { node: 'up', attempts: 2, reason: 'timeout' },
  nodeRaised: { node: 'up', status: 513, message: 'my pred error' },
  functionLoadFailed: { functionName: 'pre', file: 'h.py', reason: 'SyntaxError' },
  modelServerUnreachable: { endpoint: 'http://models:8081', reason: 'refused' },
  modelServerRefused: { endpoint: 'http://models:8081', status: 404, message: 'Model not found at: a.mar' },
  modelManagementDisabled: { endpoint: 'http://models:8081' },
  modelServerUnauthorized: { endpoint: 'http://models:8081', message: 'Token Authorization failed.' },
  noModelServer: { model: 'chain__up' },
  clientGone: {},
  stateUnavailable: { reason: 'refused', retryAfterSeconds: 1 },
  stateRefusesWrites: { cause: 'full', retryAfterSeconds: 5 },
  workflowsMissing: { missing: 2, registered: 3, retryAfterSeconds: 1 },
  overloaded: { what: 'predictions', limit: 100, retryAfterSeconds: 1 },
  shuttingDown: { retryAfterSeconds: 1 },
  configurationInvalid: { setting: 'allowed_urls', value: '(', rule: 'regular expressions' },
  redisUnusable: { address: 'redis://127.0.0.1:6379', reason: 'nothing listens there', remedy: 'Start it.' },
  archiveStoreFull: {},
  embeddedRedisMissing: { reason: 'there is none' },
  embeddedRedisFailed: { reason: 'no memory', exitCode: 1 },
  dataDirectoryInUse: { directory: '.torchweave' },
  addressTaken: { host: '127.0.0.1', port: 8081, setting: '--management-port' },
  internal: { reason: 'a secret of the server' },
};

const codes = Object.keys(errorCatalogue) as ErrorCode[];
const errorOf = (code: ErrorCode): TorchweaveError => new TorchweaveError(code, examples[code]);

describe('the catalogue', () => {
  it('has an example of every code here', () => {
    expect(Object.keys(examples).sort()).toEqual([...codes].sort());
  });

  it.each(codes)('tells %s by a sentence, a type and a status of errors', (code) => {
    const error = errorOf(code);
    expect(error.message).toMatch(/\S/);
    expect(error.message).not.toMatch(/undefined|\[object|NaN/);
    expect(error.type).toMatch(/^[A-Z][A-Za-z]+Exception$/);
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.status).toBeLessThanOrEqual(599);
  });

  it.each(codes)('sends %s between processes and tells it there in the same way', (code) => {
    const error = errorOf(code);
    const sent = JSON.parse(JSON.stringify(error.toRecord())) as ReturnType<typeof error.toRecord>;
    const rebuilt = TorchweaveError.fromRecord(sent);
    expect(rebuilt).toBeInstanceOf(TorchweaveError);
    expect(rebuilt.toRecord()).toEqual(error.toRecord());
    expect(rebuilt.toBody()).toEqual(error.toBody());
    expect([rebuilt.code, rebuilt.message, rebuilt.status]).toEqual([code, error.message, error.status]);
  });

  it.each(codes)("answers %s with TorchServe's code, type and message, and with what it shows of its data", (code) => {
    const error = errorOf(code);
    const { code: status, type, message, ...shown } = error.toBody();
    expect({ status, type, message }).toEqual({ status: error.status, type: error.type, message: error.message });
    const { shows = [] } = errorCatalogue[code];
    expect(Object.keys(shown).sort()).toEqual([...shows].sort());
    expect(examples[code]).toMatchObject(shown);
  });

  it('keeps what happened inside to itself', () => {
    expect(JSON.stringify(errorOf('internal').toBody())).not.toContain('secret');
    expect(JSON.stringify(errorOf('downloadFailed').toBody())).toContain('the connection was refused');
  });
});

describe('sentences that TorchServe 0.12 says', () => {
  it.each<[ErrorCode, number, string, string]>([
    ['parameterMissing', 400, 'BadRequestException', 'Parameter url is required.'],
    ['workflowNotFound', 404, 'WorkflowNotFoundException', 'Workflow not found: chain'],
    ['workflowNotInStore', 404, 'WorkflowNotFoundException', 'Workflow not found in workflow store: chain.war'],
    ['relativePath', 404, 'WorkflowNotFoundException', 'Relative path is not allowed in url: ../chain.war'],
    ['urlNotAllowed', 404, 'WorkflowNotFoundException', 'Given URL http://a/b does not match any allowed URL(s)'],
    ['downloadFailed', 400, 'DownloadArchiveException', 'Failed to download archive from: http://a/b'],
    ['manifestWithoutWorkflow', 400, 'InvalidWorkflowException', 'Missing Workflow entry in manifest file.'],
    ['workflowNameMissing', 400, 'InvalidWorkflowException', 'Workflow name is not defined.'],
    ['archiverVersionMissing', 400, 'InvalidWorkflowException', 'Workflow archive version is not defined.'],
    ['createdOnMissing', 400, 'InvalidWorkflowException', 'Workflow archive createdOn is not defined.'],
    ['dagInvalid', 400, 'InvalidDAGException', 'Not a valid DAG'],
    [
      'registrationFailed',
      500,
      'WorkflowException',
      'Workflow chain has failed to register. Failures: [Workflow Node chain__up failed to register. Details: Model not ' +
        'found]',
    ],
  ])('%s: %i %s', (code, status, type, message) => {
    expect(errorOf(code)).toMatchObject({ status, type, message });
  });
});

describe('isTorchweaveError', () => {
  it('tells errors of the catalogue from others, and one code from another', () => {
    const error: unknown = errorOf('workflowNotFound');
    expect(isTorchweaveError(error)).toBe(true);
    expect(isTorchweaveError(error, 'workflowNotFound')).toBe(true);
    expect(isTorchweaveError(error, 'internal')).toBe(false);
    expect(isTorchweaveError(new Error('x'))).toBe(false);
    expect(isTorchweaveError({ code: 'internal', data: { reason: '' } })).toBe(false);
  });
});

describe('toTorchweaveError', () => {
  it('leaves errors of the catalogue as they are', () => {
    const error = errorOf('workflowNotFound');
    expect(toTorchweaveError(error)).toBe(error);
  });

  it.each([
    ['an error', new TypeError('x is not a function'), 'x is not a function'],
    ['a text', 'broken', 'broken'],
    ['nothing', undefined, 'undefined'],
  ])('wraps %s and keeps the cause', (_what, thrown, reason) => {
    const error = toTorchweaveError(thrown);
    expect(error).toMatchObject({ code: 'internal', status: 500, data: { reason } });
    expect(error.cause).toBe(thrown);
  });
});
