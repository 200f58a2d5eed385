import type { ModelNode } from '@torchweave/domain';
import type { ModelRegistration } from '../ports/model-server.js';

/** What a model server is asked to hold for a model node. */
export function registrationOf(node: ModelNode): ModelRegistration {
  const { url, minWorkers, maxWorkers, batchSize, maxBatchDelay, timeoutMs } = node;
  return { name: node.modelName, url, minWorkers, maxWorkers, batchSize, maxBatchDelay, responseTimeoutMs: timeoutMs };
}
