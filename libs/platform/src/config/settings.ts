import { redisUrlRule } from '@torchweave/redis-client';
import type { z } from 'zod';
import {
  boolean,
  commaList,
  either,
  httpAddress,
  oneOf,
  spacedList,
  text,
  textLike,
  urlOf,
  wholeNumber,
} from './setting-values.js';

/** A model server as `--model-server` names it. */
export type ModelServerSetting =
  | { readonly kind: 'local' }
  | { readonly kind: 'torchserve'; readonly managementUrl: string; readonly inferenceUrl: string };

/** One thing that can be set, and every way to set it. The first that is given wins: flag, environment, file, default. */
export interface Setting {
  /** Long flag without dashes; absent where there is none. */
  readonly flag?: string;
  /** Key in TorchServe's `config.properties`; TorchServe's own spelling where TorchServe has it. */
  readonly property?: string;
  /** Environment variable beside `TS_<PROPERTY>`. */
  readonly variable?: string;
  /** For `--help`: what it sets, with unit and default. */
  readonly description: string;
  /** True for a flag that takes no value. */
  readonly isSwitch?: boolean;
  /** True for a flag that may be given several times. */
  readonly isList?: boolean;
  readonly schema: z.ZodType;
}

// Each bound is what a timer, a buffer or the system can keep, or far beyond what anybody needs.
const port = wholeNumber(0, 65_535);
const bytes = wholeNumber(1, 1_099_511_627_776, ' of bytes');
/** What is held in memory in one piece. */
const bytesInMemory = wholeNumber(1, 2_147_483_647, ' of bytes');
const milliseconds = wholeNumber(1, 2_000_000_000, ' of ms');
/** ms that a lease or a lock may have: what renews it takes some itself. */
const leaseMilliseconds = wholeNumber(100, 2_000_000_000, ' of ms');
const seconds = wholeNumber(1, 2_000_000, ' of s');
const count = wholeNumber(1, 1_000_000);
const path = text('a path');
const headerText = textLike(/^[\x20-\x7e]*$/, 'visible characters alone').default('');

const modelServerRule = 'local or torchserve=MANAGEMENT_URL,INFERENCE_URL';

function readModelServer(given: string): ModelServerSetting | undefined {
  if (given === 'local') return { kind: 'local' };
  const [, managementUrl = '', inferenceUrl = ''] =
    /^torchserve=(https?:\/\/[^,]+),(https?:\/\/[^,]+)$/.exec(given) ?? [];
  if (!URL.canParse(managementUrl) || !URL.canParse(inferenceUrl)) return undefined;
  return { kind: 'torchserve', managementUrl, inferenceUrl };
}

/** Every setting of Torchweave. */
export const settings = {
  managementAddress: {
    property: 'management_address',
    description: 'Address of the management API (default http://127.0.0.1:8081)',
    schema: httpAddress.default('http://127.0.0.1:8081'),
  },
  managementPort: { flag: 'management-port', description: 'Port of the management API', schema: port.optional() },
  inferenceAddress: {
    property: 'inference_address',
    description: 'Address of the inference API (default http://127.0.0.1:8080)',
    schema: httpAddress.default('http://127.0.0.1:8080'),
  },
  inferencePort: { flag: 'inference-port', description: 'Port of the inference API', schema: port.optional() },
  metricsAddress: {
    property: 'metrics_address',
    description: 'Address of metrics and health of every app (default http://127.0.0.1:8082)',
    schema: httpAddress.optional(),
  },
  metricsPort: {
    flag: 'metrics-port',
    variable: 'TORCHWEAVE_METRICS_PORT',
    description: 'Port of metrics and health: 0 picks a free one, none serves neither',
    schema: either('a whole number from 0 to 65535, or none', oneOf('none'), port).optional(),
  },
  workflowStore: {
    flag: 'workflow-store',
    property: 'workflow_store',
    description: 'Folder of the .war files that may be registered by name',
    schema: path.optional(),
  },
  modelStore: {
    flag: 'model-store',
    property: 'model_store',
    description: 'Folder of the .mar files of the local model server',
    schema: path.optional(),
  },
  maxModelProcesses: {
    property: 'max_model_processes',
    variable: 'TORCHWEAVE_MAX_MODEL_PROCESSES',
    description: 'Processes of all models of the local model server together (default 256)',
    schema: wholeNumber(1, 1_024).default(256),
  },
  jobQueueSize: {
    property: 'job_queue_size',
    description: 'Requests that may wait for one model of the local model server; one more is refused (default 1024)',
    schema: count.default(1_024),
  },
  modelServers: {
    flag: 'model-server',
    variable: 'TORCHWEAVE_MODEL_SERVERS',
    isList: true,
    description: `Model server, ${modelServerRule}; may be given several times`,
    schema: spacedList(modelServerRule, readModelServer).default([]),
  },
  modelServerKeyFile: {
    flag: 'model-server-key-file',
    variable: 'TORCHWEAVE_MODEL_SERVER_KEY_FILE',
    description: 'key_file.json of a TorchServe that wants tokens',
    schema: path.optional(),
  },
  modelDeliveryAddress: {
    flag: 'model-delivery-address',
    property: 'model_delivery_address',
    variable: 'TORCHWEAVE_MODEL_DELIVERY_ADDRESS',
    description:
      'http://HOST:PORT at which TorchServe fetches from this worker models that are given by URL (default the address from ' +
      'which the worker reaches TorchServe, and a free port)',
    schema: httpAddress.optional(),
  },
  redisUrl: {
    flag: 'redis-url',
    variable: 'REDIS_URL',
    description: 'Redis or Valkey, redis://[user:password@]host:port[/db]',
    schema: urlOf(/^rediss?:$/, redisUrlRule).optional(),
  },
  namespace: {
    flag: 'redis-namespace',
    variable: 'TORCHWEAVE_REDIS_NAMESPACE',
    description: 'Prefix of all keys in Redis (default torchweave)',
    schema: textLike(/^[\w.-]{1,64}$/, '1 to 64 letters, digits, dots, dashes and underscores').default('torchweave'),
  },
  dataDir: {
    flag: 'data-dir',
    variable: 'TORCHWEAVE_DATA_DIR',
    description: 'Folder for archives and the embedded Redis (default .torchweave)',
    schema: path.default('.torchweave'),
  },
  archiveStore: {
    flag: 'archive-store',
    variable: 'TORCHWEAVE_ARCHIVE_STORE',
    description: 'Folder of the registered archives, shared by workers and gateways (default DATA_DIR/archives)',
    schema: path.optional(),
  },
  python: {
    flag: 'python',
    variable: 'TORCHWEAVE_PYTHON',
    description: 'Python interpreter of the function nodes (default python3)',
    schema: text('the name or the path of a program').default('python3'),
  },
  processMemory: {
    property: 'process_memory',
    variable: 'TORCHWEAVE_PROCESS_MEMORY',
    description: 'Address space of a function or local model process in bytes (default unlimited)',
    schema: wholeNumber(1, Number.MAX_SAFE_INTEGER, ' of bytes').optional(),
  },
  processCount: {
    property: 'process_count',
    variable: 'TORCHWEAVE_PROCESS_COUNT',
    description: 'Processes and threads of the user that function and local model processes run as (default unlimited)',
    schema: wholeNumber(1, 4_194_304).optional(),
  },
  processOpenFiles: {
    property: 'process_open_files',
    variable: 'TORCHWEAVE_PROCESS_OPEN_FILES',
    description: "Files that a function or local model process may have open (default the server's own limit)",
    schema: wholeNumber(16, 1_048_576).optional(),
  },
  processCpuSeconds: {
    property: 'process_cpu_seconds',
    variable: 'TORCHWEAVE_PROCESS_CPU_SECONDS',
    description: 'CPU time of a function or local model process in s; a call may use half of it (default unlimited)',
    schema: wholeNumber(2, 2_000_000, ' of s').optional(),
  },
  processUser: {
    flag: 'process-user',
    property: 'process_user',
    variable: 'TORCHWEAVE_PROCESS_USER',
    description: "User that function and local model processes run as; only for root's server (default its own user)",
    schema: text('the name of a user').optional(),
  },
  functionNetwork: {
    flag: 'function-network',
    property: 'function_network',
    variable: 'TORCHWEAVE_FUNCTION_NETWORK',
    description: 'Network of the function processes: host, or none for an empty one (default host)',
    schema: oneOf('host', 'none').default('host'),
  },
  installPyDepPerModel: {
    property: 'install_py_dep_per_model',
    description: "Whether the local model server installs a model's requirements file (default false)",
    schema: boolean.default(false),
  },
  allowedUrls: {
    property: 'allowed_urls',
    description: 'Comma-separated regular expressions of the URLs that archives may come from (default http(s)?://.*)',
    schema: commaList.default(['http(s)?://.*']),
  },
  allowPrivateAddresses: {
    property: 'allow_private_addresses',
    description: 'Whether archives may come from private and loopback addresses (default false)',
    schema: boolean.default(false),
  },
  maxRequestSize: {
    property: 'max_request_size',
    description: 'Largest request body in bytes (default 6553500)',
    schema: bytesInMemory.default(6_553_500),
  },
  maxResponseSize: {
    property: 'max_response_size',
    description: 'Largest node answer in bytes (default 6553500)',
    schema: bytesInMemory.default(6_553_500),
  },
  defaultResponseTimeout: {
    property: 'default_response_timeout',
    description: 's that a model may take for one answer before its worker counts as dead (default 120)',
    schema: seconds.default(120),
  },
  defaultStartupTimeout: {
    property: 'default_startup_timeout',
    description: 's that a function or a model may take to load (default 120)',
    schema: seconds.default(120),
  },
  disableTokenAuth: {
    flag: 'disable-token-auth',
    property: 'disable_token_authorization',
    variable: 'TORCHWEAVE_DISABLE_TOKEN_AUTH',
    isSwitch: true,
    description: 'Serve without asking for keys, also beyond this machine',
    schema: boolean.default(false),
  },
  keyFile: {
    flag: 'key-file',
    property: 'key_file',
    variable: 'TORCHWEAVE_KEY_FILE',
    description: "Keys that clients must send, in TorchServe's key_file.json; created where it is missing",
    schema: path.optional(),
  },
  tokenExpirationMin: {
    property: 'token_expiration_min',
    variable: 'TORCHWEAVE_TOKEN_EXPIRATION_MIN',
    description: 'min that a new management or inference key is valid (default 60)',
    schema: wholeNumber(1, 5_256_000, ' of min').default(60),
  },
  forwardCredentials: {
    property: 'forward_credentials',
    variable: 'TORCHWEAVE_FORWARD_CREDENTIALS',
    description:
      "Whether functions and models see the client's Authorization and Cookie headers (default: only without a key file)",
    schema: boolean.optional(),
  },
  allowedHosts: {
    property: 'allowed_hosts',
    variable: 'TORCHWEAVE_ALLOWED_HOSTS',
    description:
      'Comma-separated names under which the server may be asked for without keys, beside its addresses and localhost; ' +
      '*.example.com for all below one, * for any',
    schema: commaList.default([]),
  },
  corsAllowedOrigin: {
    property: 'cors_allowed_origin',
    description:
      'Origins whose web pages may call, comma-separated; * for any, without keys on the inference API alone (default none)',
    schema: headerText,
  },
  corsAllowedMethods: {
    property: 'cors_allowed_methods',
    description: 'Methods that these pages may use, as the header Access-Control-Allow-Methods has them',
    schema: headerText,
  },
  corsAllowedHeaders: {
    property: 'cors_allowed_headers',
    description: 'Headers that these pages may send, as the header Access-Control-Allow-Headers has them',
    schema: headerText,
  },
  certificateFile: {
    property: 'certificate_file',
    variable: 'TORCHWEAVE_CERTIFICATE_FILE',
    description: 'Certificate chain (PEM) of the https:// addresses',
    schema: path.optional(),
  },
  privateKeyFile: {
    property: 'private_key_file',
    variable: 'TORCHWEAVE_PRIVATE_KEY_FILE',
    description: 'Private key (PEM) of the certificate',
    schema: path.optional(),
  },
  maxUrlLength: {
    property: 'max_url_length',
    description: 'Longest path and query of a request in bytes (default 8192)',
    schema: wholeNumber(1, 16_777_216, ' of bytes').default(8_192),
  },
  maxHeaderSize: {
    property: 'max_header_size',
    description: 'Largest request line and headers together in bytes (default 16384)',
    schema: wholeNumber(1, 16_777_216, ' of bytes').default(16_384),
  },
  maxHeaderCount: {
    property: 'max_header_count',
    description: 'Most headers of a request (default 200)',
    schema: wholeNumber(1, 10_000).default(200),
  },
  maxConnections: {
    property: 'max_connections',
    variable: 'TORCHWEAVE_MAX_CONNECTIONS',
    description: 'Open connections of one server; further ones are closed at once (default 4096)',
    schema: count.default(4_096),
  },
  requestHeaderTimeout: {
    property: 'request_header_timeout',
    description: 's that a client may take to send its headers (default 10)',
    schema: seconds.default(10),
  },
  requestTimeout: {
    property: 'request_timeout',
    description: 's that a client may take to send its whole request (default 120)',
    schema: seconds.default(120),
  },
  keepAliveTimeout: {
    property: 'keep_alive_timeout',
    description: 's that a connection may stay open without a request (default 72)',
    schema: seconds.default(72),
  },
  responseSendTimeout: {
    property: 'response_send_timeout',
    variable: 'TORCHWEAVE_RESPONSE_SEND_TIMEOUT',
    description: 's that a client may take to receive its answer (default 120)',
    schema: seconds.default(120),
  },
  maxBodyBytes: {
    property: 'max_body_bytes',
    variable: 'TORCHWEAVE_MAX_BODY_BYTES',
    description: 'Bytes of all request bodies that one server has under way; further ones get 503 (default 1 GiB)',
    schema: bytes.default(1_073_741_824),
  },
  maxInFlight: {
    property: 'max_in_flight',
    variable: 'TORCHWEAVE_MAX_IN_FLIGHT',
    description: 'Predictions that one gateway has under way, waiting ones included (default 2048)',
    schema: count.default(2_048),
  },
  maxWaitingOperations: {
    property: 'max_waiting_operations',
    variable: 'TORCHWEAVE_MAX_WAITING_OPERATIONS',
    description: 'Registrations and unregistrations that wait for their end at one api (default 1024)',
    schema: count.default(1_024),
  },
  loadWorkflows: {
    flag: 'load-workflows',
    property: 'load_workflows',
    description: 'Workflows to register at start: all, or a comma-separated list of file.war or name=file.war',
    schema: commaList.default([]),
  },
  loadModels: {
    flag: 'models',
    property: 'load_models',
    description: "TorchServe's list of models to load; accepted, a workflow brings its models itself",
    schema: textLike(/^/, 'a text').optional(),
  },
  maxArchiveSize: {
    property: 'max_archive_size',
    description: 'Largest archive in bytes (default 1 GiB)',
    schema: bytes.default(1_073_741_824),
  },
  operationWaitMs: {
    flag: 'operation-wait-ms',
    variable: 'TORCHWEAVE_OPERATION_WAIT_MS',
    description: 'ms that a synchronous registration waits for its end (default 600000)',
    schema: milliseconds.default(600_000),
  },
  jobConcurrency: {
    flag: 'job-concurrency',
    variable: 'TORCHWEAVE_JOB_CONCURRENCY',
    description: 'Registrations that one worker runs at once (default 8)',
    schema: wholeNumber(1, 1_024).default(8),
  },
  jobLockMs: {
    flag: 'job-lock-ms',
    variable: 'TORCHWEAVE_JOB_LOCK_MS',
    description: 'ms without a sign of life after which another worker takes a job up (default 6000)',
    schema: leaseMilliseconds.default(6_000),
  },
  gatewayLeaseMs: {
    flag: 'gateway-lease-ms',
    variable: 'TORCHWEAVE_GATEWAY_LEASE_MS',
    description: 'ms without a sign of life after which nobody waits for a gateway (default 5000)',
    schema: leaseMilliseconds.default(5_000),
  },
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
  racePoint: {
    variable: 'TORCHWEAVE_RACE_POINT',
    description: 'For tests: the named moment of a job at which the worker waits for its end',
    schema: text().optional(),
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

/** All settings, checked. */
export type Settings = { readonly [Name in SettingName]: z.infer<(typeof settings)[Name]['schema']> };
