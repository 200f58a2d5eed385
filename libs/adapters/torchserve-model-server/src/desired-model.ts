import type { ModelRegistration } from '@torchweave/application';

import { digestOfDelivered } from './delivered-archive.js';
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
    isSameContent(held, model) &&
    held.batchSize === model.batchSize &&
    held.maxBatchDelay === model.maxBatchDelay &&
    held.responseTimeout === responseTimeoutOf(model)
  );
}

/** TorchServe counts in whole seconds (wlm/WorkerThread.java) and kills the worker that is late. */
function responseTimeoutOf({ responseTimeoutMs }: ModelRegistration): number {
  return Math.ceil(responseTimeoutMs / 1_000) + responseHeadroomSeconds;
}

/** What was fetched from a URL goes by its digest: the URL may give something else by now. */
function isSameContent(held: TorchServeModel, { url, archive }: ModelRegistration): boolean {
  return archive === undefined ? held.url === url : digestOfDelivered(held.url) === archive.digest;
}
