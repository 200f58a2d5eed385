/**
 * The one list of everything that can go wrong, as seen from outside.
 *
 * Each entry maps an error code to the HTTP status and the `type` that TorchServe 0.12 would send (where it has one)
 * and to the sentence a person reads. Sentences are derived from the data, so an error can travel through Redis as
 * `{code, data}` and be told the same way by every process.
 */

/** One failed node of a registration. `node` is the model-server name, `<workflow>__<node>`. */
export interface NodeFailure {
  readonly node: string;
  readonly reason: string;
}

/** One fault of a spec file, `line` and `column` counted from 1. */
export interface SpecProblem {
  readonly rule: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The data that each error carries, by code. */
export interface ErrorData {
  parameterMissing: { parameter: string };
  parameterInvalid: { parameter: string; value: string; rule: string };
  bodyMalformed: { reason: string };
  bodyTooLarge: { limitBytes: number };
  mediaTypeUnsupported: { contentType: string };
  unauthorized: { reason: 'missing' | 'invalid' };
  requestMalformed: { reason: string };
  requestTooSlow: Record<never, never>;
  urlTooLong: { limitBytes: number };
  headersTooLarge: { limitBytes: number; limitCount: number };
  keyNotRenewed: { reason: string; retryAfterSeconds: number };
  resourceNotFound: Record<never, never>;
  /** `allow`: the methods that are, as the header of that name has them. */
  methodNotAllowed: { allow: string };
  operationNotFound: { operationId: string };
  operationPending: { operationId: string; waitedMs: number };
  operationUncertain: { operationId: string; retryAfterSeconds: number };
  operationExpired: { operationId: string };
  noWorker: { retryAfterSeconds: number };

  workflowNotFound: { workflow: string };
  workflowNotInStore: { url: string };
  workflowStoreMissing: Record<never, never>;
  relativePath: { url: string };
  urlNotAllowed: { url: string };
  addressNotAllowed: { url: string; host: string };
  downloadFailed: { url: string; reason: string };
  archiveTooLarge: { url: string; limitBytes: number };
  digestMismatch: { url: string; expected: string; actual: string };

  archiveUnreadable: { reason: string };
  archiveEntryRefused: { entry: string; reason: string };
  archiveLimitExceeded: { limit: string; allowed: number };
  manifestMissing: Record<never, never>;
  manifestMalformed: { reason: string };
  manifestWithoutWorkflow: Record<never, never>;
  workflowNameMissing: Record<never, never>;
  archiverVersionMissing: Record<never, never>;
  createdOnMissing: Record<never, never>;
  manifestFieldInvalid: { field: string; reason: string };
  specFileUndefined: Record<never, never>;
  specFileMissing: { file: string };
  workflowNameInvalid: { name: string; rule: string };
  specInvalid: { problems: readonly SpecProblem[] };
  dagInvalid: { reason: string; detail: string };

  workflowConflict: { workflow: string };
  workflowBusy: { workflow: string; phase: string; operationId: string };
  modelNameTaken: { model: string; workflow: string; owner: string };
  registrationFailed: { workflow: string; failures: readonly NodeFailure[] };
  unregistrationFailed: { workflow: string; failures: readonly NodeFailure[] };
  operationAbandoned: { operationId: string; reason: string };
  workflowUnreadable: { workflow: string; reason: string };

  nodeFailed: { node: string; attempts: number; reason: string };
  nodeRaised: { node: string; status: number; message: string };
  functionLoadFailed: { functionName: string; file: string; reason: string };

  modelServerUnreachable: { endpoint: string; reason: string };
  modelServerRefused: { endpoint: string; status: number; message: string };
  modelManagementDisabled: { endpoint: string };
  modelServerUnauthorized: { endpoint: string; message: string };
  noModelServer: { model: string };

  clientGone: Record<never, never>;
  stateUnavailable: { reason: string; retryAfterSeconds: number };
  stateRefusesWrites: { cause: 'full' | 'disk' | 'replica'; retryAfterSeconds: number };
  workflowsMissing: { missing: number; registered: number; retryAfterSeconds: number };
  overloaded: { what: string; limit: number; retryAfterSeconds: number };
  shuttingDown: { retryAfterSeconds: number };
  configurationInvalid: { setting: string; value: string; rule: string };
  redisUnusable: { address: string; reason: string; remedy: string };
  archiveStoreFull: Record<never, never>;
  embeddedRedisMissing: { reason: string };
  embeddedRedisFailed: { reason: string; exitCode: number };
  dataDirectoryInUse: { directory: string };
  addressTaken: { host: string; port: number; setting: string };
  internal: { reason: string };
}

/** Every code of the catalogue. */
export type ErrorCode = keyof ErrorData;

interface CatalogueEntry<Data> {
  /** The simple class name that TorchServe puts into an error's `type`. */
  readonly type: string;
  /** HTTP status of the answer, or how to read it from the data. */
  readonly status: number | ((data: Data) => number);
  /** What was wrong, where, and what to do about it. */
  readonly message: (data: Data) => string;
  /** Keys of the data that an error answer carries beside code, type and message. */
  readonly shows?: readonly (keyof Data)[];
}

const describeProblem = (p: SpecProblem): string => `${p.file}:${p.line}:${p.column}: ${p.message}`;
const describeFailure = (f: NodeFailure): string => `Workflow Node ${f.node} failed to register. Details: ${f.reason}`;

/** Why Redis takes nothing new, and what to do. */
const refusedWrites: Readonly<Record<ErrorData['stateRefusesWrites']['cause'], string>> = {
  full: 'Redis refuses writes: it has reached its maxmemory. Unregister workflows or raise maxmemory.',
  disk: 'Redis refuses writes: it cannot write to its disk. See the log of Redis.',
  replica: 'Redis refuses writes: it is a replica, or has too few of them. Torchweave needs the primary.',
};

export const errorCatalogue: { readonly [Code in ErrorCode]: CatalogueEntry<ErrorData[Code]> } = {
  parameterMissing: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `Parameter ${d.parameter} is required.`,
  },
  parameterInvalid: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `Parameter ${d.parameter} must be ${d.rule}, not "${d.value}".`,
  },
  bodyMalformed: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The request body cannot be read: ${d.reason}`,
  },
  bodyTooLarge: {
    type: 'RequestEntityTooLargeException',
    status: 413,
    message: (d) => `The request body is larger than max_request_size, ${d.limitBytes} bytes.`,
  },
  mediaTypeUnsupported: {
    type: 'UnsupportedMediaTypeException',
    status: 415,
    message: (d) =>
      `Content type "${d.contentType}" is not supported here. Send query parameters, application/json or ` +
      'application/x-www-form-urlencoded.',
  },
  unauthorized: {
    type: 'InvalidKeyException',
    status: 401,
    message: () =>
      'Token Authorization failed. Token either incorrect, expired, or not provided correctly (Authorization: Bearer KEY).',
  },
  requestMalformed: {
    type: 'BadRequestException',
    status: 400,
    message: (d) => `The request cannot be read: ${d.reason}`,
  },
  requestTooSlow: {
    type: 'RequestTimeoutException',
    status: 408,
    message: () => 'The request was not sent within the time that the server allows.',
  },
  urlTooLong: {
    type: 'UriTooLongException',
    status: 414,
    message: (d) => `The path and query are longer than max_url_length, ${d.limitBytes} bytes.`,
  },
  headersTooLarge: {
    type: 'RequestHeaderFieldsTooLargeException',
    status: 431,
    message: (d) =>
      `The headers are larger than max_header_size, ${d.limitBytes} bytes, or more than max_header_count, ${d.limitCount}.`,
  },
  keyNotRenewed: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'The key cannot be renewed now: the key file cannot be written. The server log names the cause.',
  },
  resourceNotFound: {
    type: 'ResourceNotFoundException',
    status: 404,
    message: () => 'Requested resource is not found, please refer to API document.',
  },
  methodNotAllowed: {
    type: 'MethodNotAllowedException',
    status: 405,
    message: () => 'Requested method is not allowed, please refer to API document.',
  },
  operationNotFound: {
    type: 'OperationNotFoundException',
    status: 404,
    message: (d) => `Operation not found: ${d.operationId}. Finished operations are kept for a day.`,
  },
  operationPending: {
    type: 'OperationPendingException',
    status: 504,
    message: (d) =>
      `The operation has not ended after ${d.waitedMs} ms and goes on. Follow it at GET /operations/${d.operationId}.`,
    shows: ['operationId'],
  },
  operationUncertain: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      'Redis, which keeps the state, did not answer in time. What became of the operation is told at ' +
      `GET /operations/${d.operationId}: it is not begun any more where that has no answer when Redis is back.`,
    shows: ['operationId'],
  },
  operationExpired: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Operation ${d.operationId} came to Redis when its request had been given up, and was not begun. Send the request again.`,
  },
  noWorker: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () =>
      'No worker takes operations: this one was taken back. Start one with "torchweave worker" and send the request again.',
  },

  workflowNotFound: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Workflow not found: ${d.workflow}`,
  },
  workflowNotInStore: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Workflow not found in workflow store: ${d.url}`,
  },
  workflowStoreMissing: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: () => 'Workflow store has not been configured. Start with --workflow-store DIR or register by URL.',
  },
  relativePath: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Relative path is not allowed in url: ${d.url}`,
  },
  urlNotAllowed: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) => `Given URL ${d.url} does not match any allowed URL(s)`,
  },
  addressNotAllowed: {
    type: 'WorkflowNotFoundException',
    status: 404,
    message: (d) =>
      `Given URL ${d.url} leads to a private address (host ${d.host}). Set allow_private_addresses=true to allow that.`,
  },
  downloadFailed: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `Failed to download archive from: ${d.url}`,
    shows: ['reason'],
  },
  archiveTooLarge: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `The archive at ${d.url} is larger than the limit of ${d.limitBytes} bytes.`,
  },
  digestMismatch: {
    type: 'DownloadArchiveException',
    status: 400,
    message: (d) => `The archive at ${d.url} has sha256 ${d.actual}, not ${d.expected} as the request demands.`,
  },

  archiveUnreadable: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive cannot be read: ${d.reason}`,
  },
  archiveEntryRefused: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive is refused because of its entry "${d.entry}": ${d.reason}`,
    shows: ['entry'],
  },
  archiveLimitExceeded: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The archive is refused: more than ${d.allowed} ${d.limit}.`,
  },
  manifestMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'The archive has no WAR-INF/MANIFEST.json. Pack it with "torchweave war create".',
  },
  manifestMalformed: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `WAR-INF/MANIFEST.json cannot be read: ${d.reason}`,
  },
  manifestWithoutWorkflow: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Missing Workflow entry in manifest file.',
  },
  workflowNameMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow name is not defined.',
  },
  archiverVersionMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow archive version is not defined.',
  },
  createdOnMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'Workflow archive createdOn is not defined.',
  },
  manifestFieldInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `WAR-INF/MANIFEST.json: ${d.field} ${d.reason}.`,
  },
  specFileUndefined: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: () => 'WAR-INF/MANIFEST.json names no workflow.specFile.',
  },
  specFileMissing: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The spec file ${d.file}, named in WAR-INF/MANIFEST.json, is not in the archive.`,
  },
  workflowNameInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => `The workflow name "${d.name}" is not valid: ${d.rule}.`,
  },
  specInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) => d.problems.map(describeProblem).join(' '),
    shows: ['problems'],
  },
  dagInvalid: {
    type: 'InvalidDAGException',
    status: 400,
    message: (d) => d.reason,
    shows: ['detail'],
  },

  workflowConflict: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) => `Workflow ${d.workflow} is already registered.`,
  },
  workflowBusy: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Workflow ${d.workflow} is ${d.phase} at this moment. Follow it at GET /operations/${d.operationId}.`,
    shows: ['operationId'],
  },
  modelNameTaken: {
    type: 'ConflictStatusException',
    status: 409,
    message: (d) =>
      `Workflow ${d.workflow} would need the model name ${d.model}, which workflow ${d.owner} uses. Register it under ` +
      'another workflow_name.',
  },
  registrationFailed: {
    type: 'WorkflowException',
    status: 500,
    message: (d) =>
      `Workflow ${d.workflow} has failed to register. Failures: [${d.failures.map(describeFailure).join(', ')}]`,
    shows: ['failures'],
  },
  unregistrationFailed: {
    type: 'InternalServerException',
    status: 500,
    message: (d) =>
      `Error while unregistering the workflow ${d.workflow}. It is tried again by itself. Details: ` +
      `[${d.failures.map((f) => `${f.node}: ${f.reason}`).join(', ')}]`,
  },
  operationAbandoned: {
    type: 'InternalServerException',
    status: 500,
    message: (d) => `Operation ${d.operationId} was given up and undone: ${d.reason}`,
  },
  workflowUnreadable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `What is stored of workflow ${d.workflow} cannot be read by this version of Torchweave: ${d.reason}. ` +
      'Unregister it and register it again, or run the version that has stored it.',
  },

  nodeFailed: {
    type: 'InternalServerException',
    status: 500,
    message: (d) => `Error executing ${d.node}`,
    shows: ['node', 'attempts', 'reason'],
  },
  nodeRaised: {
    type: 'PredictionException',
    status: (d) => d.status,
    message: (d) => d.message,
  },
  functionLoadFailed: {
    type: 'WorkflowException',
    status: 500,
    message: (d) => `Function ${d.functionName} of ${d.file} cannot be loaded: ${d.reason}`,
  },

  modelServerUnreachable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `The model server cannot be reached: ${d.reason}`,
  },
  modelServerRefused: {
    type: 'ModelServerException',
    status: 502,
    message: (d) => d.message,
  },
  modelManagementDisabled: {
    type: 'ModelServerException',
    status: 502,
    message: () =>
      'The model server refuses to register models (405). Start TorchServe with --enable-model-api or ' +
      'enable_model_api=true in its config.properties.',
  },
  modelServerUnauthorized: {
    type: 'ModelServerException',
    status: 502,
    message: (d) =>
      `The model server refuses our key: ${d.message} Give its key_file.json with --model-server-key-file, or start it ` +
      'with --disable-token-auth.',
  },
  noModelServer: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `No healthy model server holds ${d.model}.`,
  },

  clientGone: {
    type: 'ClientClosedRequestException',
    // As nginx counts it: nobody is there to read the answer.
    status: 499,
    message: () => 'The client hung up before it was answered.',
  },
  stateUnavailable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'Redis, which keeps the state, cannot be reached now. Try again.',
  },
  stateRefusesWrites: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => refusedWrites[d.cause],
  },
  workflowsMissing: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `This gateway serves ${d.registered - d.missing} of ${d.registered} registered workflows. It reads them again by itself.`,
  },
  overloaded: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `Too many ${d.what} (limit ${d.limit}). Try again.`,
  },
  shuttingDown: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () => 'This server is shutting down. Try again.',
  },
  configurationInvalid: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `Setting ${d.setting} must be ${d.rule}, not "${d.value}".`,
  },
  redisUnusable: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `Redis at ${d.address} cannot be used: ${d.reason}. ${d.remedy}`,
  },
  archiveStoreFull: {
    type: 'InsufficientStorageException',
    status: 507,
    message: () => 'The archive store has no space left. Free some, or give a larger --archive-store.',
  },
  embeddedRedisMissing: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      'There is no Redis: give --redis-url or REDIS_URL, or install redis-server or valkey-server. Downloading Valkey failed: ' +
      d.reason,
  },
  embeddedRedisFailed: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) => `The embedded Redis does not start: ${d.reason}`,
  },
  dataDirectoryInUse: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      `The data folder ${d.directory} is used by another torchweave. Stop that one or give another --data-dir.`,
  },
  addressTaken: {
    type: 'ConfigurationException',
    status: 500,
    message: (d) =>
      `Port ${d.port} of ${d.host} is taken by another process. End that process or choose another port with ${d.setting}.`,
  },
  internal: {
    type: 'InternalServerException',
    status: 500,
    message: () => 'An unexpected error happened. The server log names the cause under the request id.',
  },
};
