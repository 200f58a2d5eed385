import { TorchweaveError } from '@torchweave/domain';
import type { JobQueue, Operation } from '../ports/job-queue.js';

/**
 * Begins an operation anew that has failed.
 *
 * @returns it as it stands then: it waits, or is under way.
 * @throws TorchweaveError `operationNotFound`; `operationNotRetryable` of one that has not failed, or repeats by itself.
 */
export async function retryOperation(
  jobs: Pick<JobQueue, 'operation' | 'retry'>,
  operationId: string,
): Promise<Operation> {
  const find = async (): Promise<Operation> => {
    const operation = await jobs.operation(operationId);
    if (operation === undefined) throw new TorchweaveError('operationNotFound', { operationId });
    return operation;
  };
  const operation = await find();
  if (operation.kind === 'reconcile-model-servers')
    throw new TorchweaveError('operationNotRetryable', { operationId, why: 'upkeep' });
  if (operation.state !== 'failed')
    throw new TorchweaveError('operationNotRetryable', { operationId, why: operation.state });
  await jobs.retry(operation);
  return find();
}
