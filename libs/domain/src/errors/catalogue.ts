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

/** A model node that has got no answer. `reason` goes on from "the model server". */
export interface NodeOnServer {
  readonly node: string;
  readonly model: string;
  readonly server: string;
  readonly attempts: number;
  readonly reason: string;
}

/** The data that each error carries, by code. */
export interface ErrorData {
  parameterMissing: { parameter: string };
  parameterInvalid: { parameter: string; value: string; rule: string };
  /** `parameter`: what came after the URL's first `&`. */
  urlCutOff: { parameter: string };
  bodyMalformed: { reason: string };
  bodyTooLarge: { limitBytes: number };
  /** `limitBytes`: what the body may have when it is inflated. */
  bodyInflatesTooFar: { limitBytes: number };
  mediaTypeUnsupported: { contentType: string };
  contentEncodingUnsupported: { encoding: string };
  unauthorized: { reason: 'missing' | 'invalid' | 'expired' };
  /** `wanted`: the rights any one of which the request needs. */
  forbidden: { wanted: readonly string[] };
  hostNotAllowed: { host: string };
  originNotAllowed: { origin: string };
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
  operationOfNewerVersion: { operationId: string; reason: string; waitedSeconds: number };
  errorOfOtherVersion: { code: string };
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
  /** `status`: where the failures have another one than TorchServe's. */
  registrationFailed: { workflow: string; failures: readonly NodeFailure[]; status?: number };
  unregistrationFailed: { workflow: string; failures: readonly NodeFailure[] };
  operationAbandoned: { operationId: string; reason: string };
  workflowUnreadable: { workflow: string; reason: string };

  /** `modelServer`: by its address, for the log, where one had to do with it. */
  nodeFailed: { node: string; attempts: number; reason: string; modelServer?: string };
  nodeRaised: { node: string; status: number; message: string };
  /** `server`: the model server's name, which is no address. */
  nodeUnavailable: NodeOnServer & { retryAfterSeconds: number };
  nodeTimedOut: NodeOnServer & { timeoutMs: number };
  modelSettingInvalid: { node: string; rule: string };
  /** `isRaised`: Python itself has said no, so it is the archive's fault. */
  functionLoadFailed: { functionName: string; file: string; reason: string; isRaised?: boolean };
  /** The process that was to load it was ended from outside, time and again. */
  functionProcessLost: { functionName: string; file: string; reason: string };

  /** `server`: its name, where that is known. */
  modelServerUnreachable: { endpoint: string; reason: string; server?: string };
  modelServerLate: { endpoint: string; timeoutMs: number; server?: string };
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
  openFilesExhausted: { retryAfterSeconds: number };
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

const describeServer = (name: string | undefined): string =>
  name === undefined ? 'The model server' : `The model server ${name}`;
/** Object stores' own addresses, which people give by analogy; any other scheme is answered as TorchServe answers it. */
const objectStore = /^(s3[an]?|gc?s|az|abfss?|wasbs?|adl|r2|oss|cos|obs|hf|hdfs|dbfs):\/\//i;

function hintForObjectStore(url: string): string {
  const scheme = objectStore.exec(url)?.[1];
  if (scheme === undefined) return '';
  return `. ${scheme}:// addresses are not read: give an https:// URL of the archive, a presigned one where it is private.`;
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
  urlCutOff: {
    type: 'BadRequestException',
    status: 400,
    message: (d) =>
      `Parameter url ends at its first "&": ${d.parameter} came as a parameter of its own. Percent-encode the URL, as ` +
      'curl does with --data-urlencode "url=URL", or send it as JSON.',
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
  bodyInflatesTooFar: {
    type: 'RequestEntityTooLargeException',
    status: 413,
    message: (d) =>
      `The request body inflates to more than ${d.limitBytes} bytes: max_request_size, or 200 times what was sent. Send it ` +
      'in parts, or as it is.',
  },
  mediaTypeUnsupported: {
    type: 'UnsupportedMediaTypeException',
    status: 415,
    message: (d) =>
      `Content type "${d.contentType}" is not supported here. Send query parameters, application/json or ` +
      'application/x-www-form-urlencoded.',
  },
  contentEncodingUnsupported: {
    type: 'UnsupportedMediaTypeException',
    status: 415,
    message: (d) => `Content encoding "${d.encoding}" is not supported here. Send gzip, or the body as it is.`,
  },
  unauthorized: {
    type: 'InvalidKeyException',
    status: 401,
    message: () =>
      'Token Authorization failed. Token either incorrect, expired, or not provided correctly (Authorization: Bearer KEY).',
  },
  forbidden: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) => `The key is valid, but not for this: it needs the right to ${d.wanted.join(' or ')}.`,
  },
  hostNotAllowed: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) =>
      `This server is not known as "${d.host}", and asks for no keys. Ask for it by its address, name that host in ` +
      'allowed_hosts, or have it ask for keys (--key-file).',
  },
  originNotAllowed: {
    type: 'ForbiddenException',
    status: 403,
    message: (d) =>
      `A web page of another origin (${d.origin}) may not use this server, which asks for no keys. Name its origin in ` +
      'cors_allowed_origin (* is for the inference API alone), or have the server ask for keys (--key-file).',
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
  operationOfNewerVersion: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Operation ${d.operationId} was left by a newer version of Torchweave (${d.reason}), and no worker of that version has taken it ` +
      `within ${d.waitedSeconds} s. It was not begun. Start such a worker and send the request again.`,
  },
  errorOfOtherVersion: {
    type: 'InternalServerException',
    status: 500,
    message: (d) =>
      `It failed with ${d.code}, an error of another version of Torchweave that this one does not know. Ask a server of that version.`,
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
    message: (d) => `Workflow not found in workflow store: ${d.url}${hintForObjectStore(d.url)}`,
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
    status: (d) => d.status ?? 500,
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
    // Whoever named it: an answer with another one is no error, or none at all.
    status: (d) => (Number.isInteger(d.status) && d.status >= 400 && d.status <= 599 ? d.status : 500),
    message: (d) => d.message,
  },
  nodeUnavailable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Error executing ${d.node}: its model ${d.model} is on the model server ${d.server}, which cannot be reached: ${d.reason}. Try ` +
      'again; the server log names the address.',
    shows: ['node', 'attempts', 'reason'],
  },
  nodeTimedOut: {
    type: 'GatewayTimeoutException',
    status: 504,
    message: (d) =>
      `Error executing ${d.node}: its model ${d.model} on the model server ${d.server} did not answer within ${d.timeoutMs} ms, ` +
      "the node's timeout-ms.",
    shows: ['node', 'attempts', 'reason'],
  },
  modelSettingInvalid: {
    type: 'InvalidWorkflowException',
    status: 400,
    message: (d) =>
      `The model of node ${d.node} cannot be registered: ${d.rule}. Change the spec and register it again.`,
  },
  functionLoadFailed: {
    type: 'WorkflowException',
    status: (d) => (d.isRaised === true ? 400 : 500),
    message: (d) => `Function ${d.functionName} of ${d.file} cannot be loaded: ${d.reason}`,
  },
  functionProcessLost: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) =>
      `Function ${d.functionName} of ${d.file} could not be loaded, which need not be the archive's fault: ${d.reason}, ` +
      'time and again. Where memory is short the system ends processes; try again when there is more.',
  },

  modelServerUnreachable: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: (d) => `${describeServer(d.server)} cannot be reached: ${d.reason}`,
  },
  modelServerLate: {
    type: 'GatewayTimeoutException',
    status: 504,
    message: (d) => `${describeServer(d.server)} did not answer within ${d.timeoutMs} ms.`,
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
    message: () => 'The workflow state cannot be reached now: Redis, which keeps it, does not answer. Try again.',
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
  openFilesExhausted: {
    type: 'ServiceUnavailableException',
    status: 503,
    message: () =>
      'The server has as many files and connections open as the system lets it have. Try again, and raise that limit: ulimit -n, ' +
      'LimitNOFILE of systemd, --ulimit nofile of docker.',
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
