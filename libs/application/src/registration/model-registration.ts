import { isUrl, settingFault, TorchweaveError, type ModelNode } from '@torchweave/domain';
import type { ModelRegistration } from '../ports/model-repository.js';
import { modelArchiveOf, type ModelArchivePorts } from './model-archives.js';

export interface ModelRegistrationPorts extends ModelArchivePorts {
  /**
   * TorchServe's `default_response_timeout`: a worker that is busy longer is taken for dead. A node's own, shorter timeout
   * ends the wait of a request and leaves the worker alone, as in TorchServe.
   */
  readonly responseTimeoutMs: number;
}

/**
 * What a model server is asked to hold for a model node.
 *
 * @throws TorchweaveError `modelSettingInvalid` for a number that was stored before it had a bound; those of
 * {@link modelArchiveOf}.
 */
export async function registrationOf(
  ports: ModelRegistrationPorts,
  node: ModelNode,
  signal: AbortSignal,
): Promise<ModelRegistration> {
  const rule = settingFault(node);
  if (rule !== undefined) throw new TorchweaveError('modelSettingInvalid', { node: node.name, rule });
  const { url, minWorkers, maxWorkers, batchSize, maxBatchDelay, timeoutMs } = node;
  return {
    name: node.modelName,
    url,
    ...(isUrl(url) ? { archive: await modelArchiveOf(ports, node, signal) } : {}),
    minWorkers,
    maxWorkers,
    batchSize,
    maxBatchDelay,
    responseTimeoutMs: Math.max(timeoutMs, ports.responseTimeoutMs),
  };
}
