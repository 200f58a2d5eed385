import { exitCodes } from '../exit-codes.js';
import { CliError } from '../output/cli-error.js';
import type { Progress } from '../output/progress.js';
import type { OperationAnswer } from './answers.js';
import { followOperation } from './follow-operation.js';
import type { ManagementClient } from './management-client.js';

const leftAlone = (id: string): CliError =>
  new CliError(
    `Operation ${id} goes on without this command. Follow it: torchweave operation watch ${id}. Take it back: torchweave operation cancel ${id}.`,
    { exitCode: exitCodes.interrupted },
  );

/**
 * Shows the steps of an operation until it ends, well or not, or until Ctrl-C, which leaves it to itself.
 *
 * @throws CliError that tells the operation's id at a Ctrl-C, or when the server cannot be asked any more.
 */
export async function watchOperation(
  client: ManagementClient,
  id: string,
  progress: Progress,
): Promise<OperationAnswer> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(leftAlone(id));
  process.once('SIGINT', interrupt);
  try {
    return await followOperation(client, id, progress, interruption.signal);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
}
