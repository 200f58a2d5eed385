import { describe, expect, it } from 'vitest';
import { dataLimits } from '../bound-data.js';
import { errorCatalogue, type ErrorCode, type ErrorData } from './catalogue.js';
import { isTorchweaveError, toTorchweaveError, TorchweaveError } from '../torchweave-error.js';

/** One example of each error's data; a new code needs a line here. */
const examples: { readonly [Code in ErrorCode]: ErrorData[Code] } = {
  parameterMissing: { parameter: 'url' },
  parameterInvalid: { parameter: 'limit', value: '-1', rule: 'a positive number' },
  urlCutOff: { parameter: 'X-Amz-Signature' },
  bodyMalformed: { reason: 'no JSON' },
  bodyTooLarge: { limitBytes: 6_553_500 },
  bodyInflatesTooFar: { limitBytes: 6_553_500 },
  mediaTypeUnsupported: { contentType: 'text/xml' },
  contentEncodingUnsupported: { encoding: 'br' },
  unauthorized: { reason: 'missing' },
  forbidden: { wanted: ['read', 'predict'] },
  hostNotAllowed: { host: 'evil.example' },
  originNotAllowed: { origin: 'http://evil.example' },
  requestMalformed: { reason: 'it is no HTTP' },
  requestTooSlow: {},
  urlTooLong: { limitBytes: 8_192 },
  headersTooLarge: { limitBytes: 16_384, limitCount: 200 },
  foreignSignIn: {},
  signInsLimited: { retryAfterSeconds: 60 },
  keyNotRenewed: { reason: 'EROFS', retryAfterSeconds: 1 },
  resourceNotFound: {},
  methodNotAllowed: { allow: 'GET' },
  operationNotFound: { operationId: 'op' },
  requestNotKept: { requestId: 'a1' },
  operationPending: { operationId: 'op', waitedMs: 100 },
  operationUncertain: { operationId: 'op', retryAfterSeconds: 1 },
  operationExpired: { operationId: 'op' },
  operationCancelled: { operationId: 'op' },
  operationNotCancellable: { operationId: 'op', why: 'committed' },
  operationNotRetryable: { operationId: 'op', why: 'running' },
  operationOfNewerVersion: { operationId: 'op', reason: 'it has schema version 2', waitedSeconds: 600 },
  errorOfOtherVersion: { code: 'tooSoon' },
  noWorker: { retryAfterSeconds: 5 },
  idempotencyKeyReused: { key: 'b3d1' },
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
  nodeNotFound: { workflow: 'chain', node: 'upp', models: ['up'] },
  nodeWithoutWorkers: { workflow: 'chain', node: 'pre', models: ['up'] },
  scalingFailed: { workflow: 'chain', failures: [{ node: 'chain__up', reason: 'no room' }], status: 507 },
  registrationFailed: { workflow: 'chain', failures: [{ node: 'chain__up', reason: 'Model not found' }] },
  unregistrationFailed: { workflow: 'chain', failures: [{ node: 'chain__up', reason: 'refused' }] },
  operationAbandoned: { operationId: 'op', reason: 'too late' },
  workflowUnreadable: { workflow: 'w', reason: 'it has schema version 2' },
  versionNotFound: { workflow: 'w', version: 3 },
  versionServes: { workflow: 'w', version: 2 },
  versionLeaving: { workflow: 'w', version: 1 },
  versionsFull: { workflow: 'w', limit: 8 },
  trafficInvalid: { workflow: 'w', reason: 'the weights are 100 together, not 90' },
  updateRolledBack: { workflow: 'w', version: 2, active: 1, failed: 3, total: 20, maxErrorRate: 0.1 },
  probeFailed: {
    ...{ workflow: 'w', version: 2, gateway: 'a', reason: 'its answer.label is 4, not 3', status: 400 },
    place: { file: 'h.py', line: 3 },
  },
  nodeFailed: { node: 'up', attempts: 2, reason: 'timeout' },
  nodeRaised: { node: 'up', status: 513, message: 'my pred error' },
  functionLoadFailed: { functionName: 'pre', file: 'h.py', reason: 'SyntaxError' },
  nodeUnavailable: {
    ...{ node: 'up', model: 'w__up', server: 'torchserve-1', attempts: 2, reason: 'connection refused' },
    retryAfterSeconds: 2,
  },
  nodeTimedOut: {
    ...{ node: 'up', model: 'w__up', server: 'torchserve-1', attempts: 2, reason: 'it did not answer in time' },
    timeoutMs: 500,
  },
  modelServerLate: { endpoint: 'http://models:8081', timeoutMs: 500 },
  modelSettingInvalid: { node: 'upper', rule: 'min-workers must be a whole number from 0 to 1024, not 2147483647' },
  functionProcessLost: { functionName: 'f', file: 'h.py', reason: 'the Python process was killed by SIGKILL' },
  modelServerUnreachable: { endpoint: 'http://models:8081', reason: 'refused' },
  modelRaised: { endpoint: 'http://models:8081', status: 422, message: 'no picture' },
  modelMissing: { endpoint: 'http://models:8081', answered: '404', message: 'Model not found: chain__up' },
  modelBusy: { endpoint: 'http://models:8081', answered: '503', message: 'Its queue is full.' },
  modelFailed: { endpoint: 'http://models:8081', answered: '503', message: 'Prediction failed' },
  modelRejected: { endpoint: 'http://models:8081', answered: '404', message: 'Model not found at: a.mar' },
  modelServerFull: { endpoint: 'http://models:8081', answered: '507', message: 'There is no room.' },
  modelServerRefused: { endpoint: 'http://models:8081', answered: '500', message: 'Worker died.' },
  modelManagementDisabled: { endpoint: 'http://models:8081' },
  modelServerUnauthorized: { endpoint: 'http://models:8081', message: 'Token Authorization failed.' },
  noModelServer: { model: 'chain__up' },
  clientGone: {},
  stateUnavailable: { reason: 'refused', retryAfterSeconds: 1 },
  stateRefusesWrites: { cause: 'full', retryAfterSeconds: 5 },
  workflowsMissing: { missing: 2, registered: 3, retryAfterSeconds: 1 },
  gatewayAway: { reason: 'none', retryAfterSeconds: 1 },
  overloaded: { what: 'predictions', limit: 100, retryAfterSeconds: 1 },
  shuttingDown: { retryAfterSeconds: 1 },
  configurationInvalid: { setting: 'allowed_urls', value: '(', rule: 'regular expressions' },
  redisUnusable: { address: 'redis://127.0.0.1:6379', reason: 'nothing listens there', remedy: 'Start it.' },
  archiveStoreFull: {},
  openFilesExhausted: { retryAfterSeconds: 1 },
  embeddedRedisMissing: { reason: 'there is none' },
  embeddedRedisFailed: { reason: 'no memory', exitCode: 1 },
  dataDirectoryInUse: { directory: '.torchweave' },
  addressTaken: { host: '127.0.0.1', port: 8081, setting: '--management-port' },
  uploadBesideUrl: {},
  uploadTooLarge: { limitBytes: 10 },
  uploadDigestMismatch: { expected: 'a', actual: 'b' },
  uploadMissing: { digest: 'a' },
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

  it.each(codes)(
    "answers %s with TorchServe's code, type and message, with its own code, and with what it shows of its data",
    (code) => {
      const error = errorOf(code);
      const { code: status, type, message, errorCode, ...shown } = error.toBody();
      expect({ status, type, message }).toEqual({ status: error.status, type: error.type, message: error.message });
      expect(errorCode).toBe(code);
      const { shows = [] } = errorCatalogue[code];
      expect(Object.keys(shown).sort()).toEqual([...shows].sort());
      expect(examples[code]).toMatchObject(shown);
    },
  );

  it.each([
    [399, 500],
    [400, 400],
    [599, 599],
    ...[600, 101, 204, 304, 0, -1, NaN, 404.5].map((status) => [status, 500]),
  ])('answers no status but an error has: %d as %d', (status = 0, answered = 0) => {
    expect(new TorchweaveError('nodeRaised', { node: 'f', status, message: 'm' }).status).toBe(answered);
  });

  it('keeps what happened inside to itself', () => {
    expect(JSON.stringify(errorOf('internal').toBody())).not.toContain('secret');
    expect(JSON.stringify(errorOf('downloadFailed').toBody())).toContain('the connection was refused');
  });
});

/** As a cell of a table, in which nothing of it is markup. */
const cell = (text: string): string => text.replaceAll(/[\\`*_<>|]/g, String.raw`\$&`);

function listed(code: ErrorCode): string {
  const { status, type, message } = errorOf(code);
  const { status: rule, shows = [] } = errorCatalogue[code];
  const statuses = typeof rule === 'number' ? `${status}` : `${status}, or another`;
  return `| \`${code}\` | ${statuses} | ${type} | ${cell(message)} | ${shows.map((key) => `\`${key}\``).join(', ')} |`;
}

describe('the list of errors in docs/errors.md', () => {
  it('is that of the catalogue, row by row (after a change: npm run docs:errors)', async () => {
    const text = [
      '# Errors',
      '',
      "Every error that an answer, an operation or the command line tells, by its `errorCode`. A code keeps its meaning; sentences may change. `status` and `type` stand in an answer's `code` and",
      '`type`; "or another" is one that the data say, such as that of an exception with a status. The sentences are examples. What an answer carries besides is in the last column.',
      '',
      'Written by `npm run docs:errors` from the catalogue (`libs/domain/src/errors/catalogue/`).',
      '',
      '| errorCode | status | type | for example | also carries |',
      '|---|---|---|---|---|',
      ...codes.map(listed),
      '',
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../../../../../docs/errors.md');
  });
});

/** The example with every text, also those in lists, in the place of another one. */
function withTexts(data: unknown, text: (before: string) => string, items = 1): unknown {
  if (typeof data === 'string') return text(data);
  if (Array.isArray(data)) {
    return Array.from({ length: items }, (_, at) => withTexts(data[at % data.length], text, items) as unknown);
  }
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, withTexts(value, text, items)]));
}

function textsIn(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(textsIn) : [];
}

describe('data that comes from anybody', () => {
  it.each(codes)('leaves %s short, however long its texts and lists are', (code) => {
    const long = withTexts(examples[code], () => 'x'.repeat(5_000_000), 1_000) as ErrorData[typeof code];
    const error = new TorchweaveError(code, long);
    const texts = textsIn(error.data);
    expect(Math.max(0, ...texts.map((text) => text.length))).toBeLessThanOrEqual(dataLimits.text);
    expect(texts.length).toBeLessThanOrEqual(dataLimits.items * 4);
    // A sentence may tell the data once and say something of its own.
    expect(error.message.length).toBeLessThan(2 * dataLimits.total);
    expect(JSON.stringify(error.toRecord()).length).toBeLessThan(2 * dataLimits.total);
  });

  it.each(codes)('leaves %s as it is at the limit of a text', (code) => {
    if (textsIn(examples[code]).length > 5) return;
    const fitting = withTexts(examples[code], (text) => text.padEnd(dataLimits.text, 'x')) as ErrorData[typeof code];
    expect(new TorchweaveError(code, fitting).data).toEqual(fitting);
  });

  it('is cut with a sign of it, and never within a character', () => {
    const cut = (reason: string): string => new TorchweaveError('internal', { reason }).data.reason;
    expect(cut('x'.repeat(dataLimits.text + 1))).toBe(`${'x'.repeat(dataLimits.text - 1)}…`);
    expect(cut(`${'x'.repeat(dataLimits.text - 2)}😀y`)).toBe(`${'x'.repeat(dataLimits.text - 2)}…`);
  });

  it('keeps the first items of a list, as many as fit', () => {
    const failure = (i: number): { node: string; reason: string } => ({ node: `${i}`, reason: 'r'.repeat(1_000) });
    const failures = Array.from({ length: 40 }, (_, i) => failure(i));
    const { data } = new TorchweaveError('registrationFailed', { workflow: 'w', failures });
    expect(data.failures.slice(0, 16)).toEqual(failures.slice(0, 16));
    expect(data.failures.length).toBeLessThan(18);
    const many = Array.from({ length: dataLimits.items + 1 }, (_, i) => ({ node: `${i}`, reason: '' }));
    expect(new TorchweaveError('registrationFailed', { workflow: 'w', failures: many }).data.failures).toEqual(
      many.slice(0, dataLimits.items),
    );
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

describe('a registration that failed', () => {
  const failures = [{ node: 'chain__up', reason: 'Model not found' }];

  it.each([
    [undefined, 500],
    [400, 400],
    [503, 503],
  ])('with the status %s is answered with %i', (given, status) => {
    const data = { workflow: 'chain', failures, ...(given === undefined ? {} : { status: given }) };
    expect(new TorchweaveError('registrationFailed', data)).toMatchObject({ status, type: 'WorkflowException' });
  });

  it("by what Python itself refuses is the archive's fault", () => {
    const data = { functionName: 'f', file: 'h.py', reason: 'SyntaxError' };
    expect(new TorchweaveError('functionLoadFailed', { ...data, isRaised: true }).status).toBe(400);
    expect(new TorchweaveError('functionLoadFailed', data).status).toBe(500);
  });
});

describe('an operation whose end nobody knows', () => {
  it('is told with why Redis takes no writes, where it answers', () => {
    const data = { operationId: 'op', retryAfterSeconds: 1 };
    expect(new TorchweaveError('operationUncertain', data).message).toMatch(
      /^Redis, .*, did not answer in time\. .* is back\.$/,
    );
    const refused = new TorchweaveError('operationUncertain', { ...data, refused: 'disk' }).message;
    expect(refused).toMatch(
      /^Redis refuses writes: it cannot write to its disk\. .*\/operations\/op: .* takes writes again\.$/,
    );
  });
});

describe('the address of an archive that lies in an object store', () => {
  it.each([
    's3://bucket/a.war',
    'S3://bucket/a.war',
    's3a://b/a.war',
    'gs://b/a.war',
    'abfss://c@a/b.war',
    'hf://o/a.war',
  ])('%s gets the sentence that helps, with the status and type of any other that is not there', (url) => {
    const error = new TorchweaveError('workflowNotInStore', { url });
    expect(error).toMatchObject({ status: 404, type: 'WorkflowNotFoundException' });
    expect(error.message).toMatch(/^Workflow not found in workflow store: .*:\/\/ addresses are not read: .*presigned/);
  });

  it('is told from other schemes, which TorchServe knows as little', () => {
    const { message } = new TorchweaveError('workflowNotInStore', { url: 'ftp://localhost/none.war' });
    expect(message).toBe('Workflow not found in workflow store: ftp://localhost/none.war');
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
    ['a file', Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' })],
    ['the whole system', Object.assign(new Error(''), { code: 'ENFILE' })],
    ['a cause', new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'EMFILE' }) })],
    ['one of several', new AggregateError([new Error('other'), Object.assign(new Error(''), { code: 'EMFILE' })])],
  ])('tells by %s that no further file can be opened', (_what, thrown) => {
    expect(toTorchweaveError(thrown)).toMatchObject({ code: 'openFilesExhausted', status: 503, cause: thrown });
  });

  it('ends with an error that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(toTorchweaveError(error)).toMatchObject({ code: 'internal' });
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
