import type { ModelNode } from '@torchweave/domain';
import type { ModelRegistration } from '../ports/model-server.js';

/**
 * What a model server is asked to hold for a model node.
 *
 * @param responseTimeoutMs TorchServe's `default_response_timeout`: a worker that is busy longer is taken for dead. A node's
 * own, shorter timeout ends the wait of a request and leaves the worker alone, as in TorchServe.
 */
export function registrationOf(node: ModelNode, responseTimeoutMs: number): ModelRegistration {
  const { url, minWorkers, maxWorkers, batchSize, maxBatchDelay, timeoutMs } = node;
  return {
    name: node.modelName,
    url,
    minWorkers,
    maxWorkers,
    batchSize,
    maxBatchDelay,
    responseTimeoutMs: Math.max(timeoutMs, responseTimeoutMs),
  };
}
