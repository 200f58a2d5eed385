import type { ModelRegistration } from '@torchweave/application';

import type { NewModel, WorkerRange } from './management-api.js';
import type { TorchServeModel } from './model-description.js';

/** Seconds that TorchServe gets beyond the node's own deadline, so that the gateway gives up first and says why. */
const responseHeadroomSeconds = 2;

/** At least one worker: with `min_worker=0` and a maximum above it TorchServe loses sight of the workers that run. */
export function workersOf({ minWorkers, maxWorkers }: WorkerRange): WorkerRange {
  const atLeastOne = Math.max(1, minWorkers);
  return { minWorkers: atLeastOne, maxWorkers: Math.max(atLeastOne, maxWorkers) };
}

/** The parameters that register `model`. */
export function newModelOf(model: ModelRegistration): NewModel {
  const { name, url, batchSize, maxBatchDelay } = model;
  return {
    name,
    url,
    batchSize,
    maxBatchDelay,
    initialWorkers: workersOf(model).minWorkers,
    responseTimeout: responseTimeoutOf(model),
  };
}

/** True when a model that is there needs no more than other numbers of workers to be the one asked for. */
export function isSameModel(held: TorchServeModel, model: ModelRegistration): boolean {
  return (
    (held.url === model.url || held.url === archiveFileOf(model.url)) &&
    held.batchSize === model.batchSize &&
    held.maxBatchDelay === model.maxBatchDelay &&
    held.responseTimeout === responseTimeoutOf(model)
  );
}

/**
 * The name under which TorchServe puts the archive of a URL into its model store; undefined for a file of the store
 * (archive/utils/ArchiveUtils.java, getFilenameFromUrl and isValidURL).
 */
export function archiveFileOf(url: string): string | undefined {
  if (!/^(https?|file):/i.test(url) || !URL.canParse(url)) return undefined;
  const path = url.replace(/^[^:]+:(\/\/[^/?#]*)?/, '').replace(/[?#].*$/s, '');
  return path.slice(path.lastIndexOf('/') + 1) || undefined;
}

/** TorchServe counts in whole seconds (wlm/WorkerThread.java) and kills the worker that is late. */
function responseTimeoutOf({ responseTimeoutMs }: ModelRegistration): number {
  return Math.ceil(responseTimeoutMs / 1_000) + responseHeadroomSeconds;
}
