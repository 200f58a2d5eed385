import type { ModelDescription } from '@torchweave/application';

import { isJsonObject, type JsonObject } from './json.js';

/** What TorchServe tells of one version of a model (http/messages/DescribeModelResponse.java). */
export interface TorchServeModel extends ModelDescription {
  readonly version: string;
  /** Seconds. A `responseTimeout` in the archive's own model-config wins over the one of the registration. */
  readonly responseTimeout: number;
}

/** Reads the answer of `GET /models/NAME`, a list with one entry a version; entries that are none are left out. */
export function parseModelDescriptions(body: Buffer): TorchServeModel[] {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  return Array.isArray(parsed) ? parsed.filter(isJsonObject).map(toModel) : [];
}

function toModel(entry: JsonObject): TorchServeModel {
  const workers = Array.isArray(entry['workers']) ? entry['workers'].filter(isJsonObject) : [];
  return {
    name: text(entry['modelName']),
    version: text(entry['modelVersion']),
    url: text(entry['modelUrl']),
    minWorkers: count(entry['minWorkers']),
    maxWorkers: count(entry['maxWorkers']),
    batchSize: count(entry['batchSize']),
    maxBatchDelay: count(entry['maxBatchDelay']),
    responseTimeout: count(entry['responseTimeout']),
    readyWorkers: workers.filter((worker) => worker['status'] === 'READY').length,
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
