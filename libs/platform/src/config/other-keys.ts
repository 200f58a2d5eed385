import { closestWord } from './closest-word.js';
import type { Setting } from './settings/setting.js';
import { settings } from './settings/settings.js';

/** A key of TorchServe's that is read here and done otherwise. */
interface ChangedKey {
  readonly key: string;
  /** What Torchweave does instead: a clause that ends a sentence. */
  readonly instead: string;
}

interface UnknownKey {
  readonly key: string;
  /** The key that was probably meant. */
  readonly meant?: string;
}

/** The keys of a config.properties that are no settings here, by what it means that they are not. */
export interface OtherKeys {
  /** They tune what is not there, or ask for what is so anyway. */
  readonly harmless: readonly string[];
  readonly changed: readonly ChangedKey[];
  readonly unknown: readonly UnknownKey[];
}

/** Keys that say how settings are read. */
export const readingKeys = { environment: 'enable_envvars_config', allowedUrls: 'use_env_allowed_urls' } as const;

const harmless: readonly string[] = [
  'async_logging',
  // Python processes see a few harmless variables and no others.
  'blacklist_env_vars',
  'cors_allowed_headers',
  'cors_allowed_methods',
  'cors_allowed_origin',
  'cpp_log_config',
  'cpu_launcher_args',
  'cpu_launcher_enable',
  'debug',
  'disable_system_metrics',
  'initial_distribution_port',
  'initial_worker_port',
  'io_ratio',
  'ipex_enable',
  'ipex_gpu_enable',
  'metric_time_interval',
  'metrics_format',
  'metrics_mode',
  'model_server_home',
  'netty_client_threads',
  'NUM_WORKERS',
  'number_of_netty_threads',
  'prefer_direct_buffer',
  'snapshot_store',
  'system_metrics_cmd',
  'tsConfigFile',
  'unregister_model_timeout',
  'use_native_io',
  'version',
  'vmargs',
];

const noGrpc = 'there is no gRPC API here: use HTTP, or gRPC of the TorchServe behind --model-server';
const noKeystore =
  'a Java keystore is not read: "openssl pkcs12 -in FILE -nodes" tells what certificate_file and private_key_file must hold';
const ofModels =
  "such settings stand in the workflow's spec, or in the config.properties of the TorchServe behind --model-server";
const noSequences = 'there are no sequences of requests here';

/** What is done instead; a test of the value where not every value asks for something else. */
const changed: Readonly<Record<string, string | readonly [instead: string, applies: RegExp]>> = {
  decode_input_request: ['bodies are decoded by their content type all the same', /^false$/i],
  default_service_handler: 'a model runs with the handler that its archive names',
  default_workers_per_model: "a model has the workers that its workflow's spec asks for (min-workers)",
  enable_grpc_ssl: [noGrpc, /^true$/i],
  enable_metrics_api: ['metrics are served all the same; --metrics-port none serves none', /^false$/i],
  enable_model_api: ['there is no API of single models here: a workflow brings its models', /^true$/i],
  grpc_inference_address: noGrpc,
  grpc_inference_max_connection_age_grace_ms: noGrpc,
  grpc_inference_max_connection_age_ms: noGrpc,
  grpc_inference_port: noGrpc,
  grpc_management_address: noGrpc,
  grpc_management_max_connection_age_grace_ms: noGrpc,
  grpc_management_max_connection_age_ms: noGrpc,
  grpc_management_port: noGrpc,
  job_queue_size: 'max_in_flight bounds the predictions that wait, for all workflows together',
  keystore: noKeystore,
  keystore_pass: noKeystore,
  keystore_type: noKeystore,
  limit_max_image_pixels: ["Pillow's limit of pixels holds: a handler lifts it by itself", /^false$/i],
  load_models: [
    'no model is loaded by itself: load_workflows registers workflows at start, which bring theirs',
    /^(?!\s*(standalone|none)?\s*$)/i,
  ],
  metrics_config: "metrics of models' own are not served",
  model_metrics_auto_detect: ["metrics of models' own are not served", /^true$/i],
  model_snapshot: 'no snapshot is restored: registered workflows are kept in Redis, and bring their models',
  models: ofModels,
  number_of_gpu: [
    'the local model server runs models on the CPU; give a TorchServe as --model-server for GPUs',
    /[1-9]/,
  ],
  plugins_path: 'plugins of TorchServe are not loaded',
  service_envelope: 'bodies reach functions and models as they are, and answers leave as they are',
  ts_header_key_sequence_end: noSequences,
  ts_header_key_sequence_id: noSequences,
  ts_header_key_sequence_start: noSequences,
  ts_open_inference_protocol: ["KServe's protocol is not spoken: ask /wfpredict/NAME", /^true$/i],
};

const own = Object.values(settings as Readonly<Record<string, Setting>>).flatMap(({ property }) => property ?? []);
const heard = new Set<string>([...own, ...Object.values(readingKeys)]);

/** Keys of TorchServe's that an environment variable may give too, where the file allows that. */
export const foreignKeys: readonly string[] = [...harmless, ...Object.keys(changed)];

/** Most keys that one is told of: a file may be anything. */
const mostTold = 20;
const mostKeyLength = 64;

/** Sorts the keys that are no settings here. */
export function sortOtherKeys(file: ReadonlyMap<string, string>): OtherKeys {
  const known = [...heard, ...foreignKeys];
  const sorted = { harmless: [] as string[], changed: [] as ChangedKey[], unknown: [] as UnknownKey[] };
  for (const [key, given] of file) {
    const entry = Object.hasOwn(changed, key) ? changed[key] : undefined;
    const [instead, applies] = typeof entry === 'string' ? [entry, /(?:)/] : (entry ?? []);
    if (instead !== undefined && applies?.test(given.trim()) === true) sorted.changed.push({ key, instead });
    else if (heard.has(key)) continue;
    else if (instead !== undefined || harmless.includes(key)) sorted.harmless.push(key);
    else if (sorted.unknown.length < mostTold) {
      const meant = closestWord(key, known);
      sorted.unknown.push({ key: key.slice(0, mostKeyLength), ...(meant === undefined ? {} : { meant }) });
    }
  }
  return sorted;
}
