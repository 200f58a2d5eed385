import type { Output } from '../output/output.js';
import type { OperationAnswer } from './answers.js';
import type { ManagementClient } from './management-client.js';
import { refusalFrom } from './refusal.js';
import { watchOperation } from './watch-operation.js';

export interface BegunOperation {
  readonly client: ManagementClient;
  readonly output: Output;
  readonly id: string;
  /** True to leave it to itself. */
  readonly isAsync: boolean;
}

/** @throws CliError with the sentence of the failure, where the operation has failed. */
export function assertSucceeded(operation: OperationAnswer): void {
  if (operation.state !== 'failed') return;
  throw refusalFrom(operation.error ?? { message: `Operation ${operation.id} has failed.` });
}

/**
 * Sees an operation that has just begun to its end, or tells how to.
 *
 * @param sentence what to say of the workflow when it is done.
 * @throws CliError with the sentence of the failure.
 */
export async function finishOperation(
  { client, output, id, isAsync }: BegunOperation,
  sentence: (workflow: string) => readonly string[] | Promise<readonly string[]>,
): Promise<void> {
  if (isAsync) {
    return output.tell({ operationId: id }, () => [
      `Operation ${id} has begun. Follow it: torchweave operation watch ${id}`,
    ]);
  }
  const operation = await watchOperation(client, id, output.progress());
  assertSucceeded(operation);
  const lines = await sentence(operation.workflow ?? '');
  await output.tell(operation, () => lines);
}
