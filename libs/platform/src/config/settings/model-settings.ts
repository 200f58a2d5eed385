import { httpAddress, spacedList, wholeNumber } from '../setting-values.js';
import { count, path } from './bounds.js';
import type { Setting } from './setting.js';

/** A model server as `--model-server` names it: `kind=value`, or its kind alone. What a value means, its kind knows. */
export interface ModelServerSetting {
  readonly kind: string;
  /** Empty where there is none. */
  readonly value: string;
}

const modelServerRule = 'KIND or KIND=VALUE, such as local or torchserve=MANAGEMENT_URL,INFERENCE_URL';

function readModelServer(given: string): ModelServerSetting | undefined {
  const [, kind, value = ''] = /^([a-z][a-z0-9-]*)(?:=(.+))?$/.exec(given) ?? [];
  return kind === undefined ? undefined : { kind, value };
}

/** Where models and workflows come from, and what runs them. */
export const modelSettings = {
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
} as const satisfies Record<string, Setting>;
