import { isTorchweaveError, toTorchweaveError } from '@torchweave/domain';
import type { Logger } from '../ports/logger.js';
import type { WorkflowManagement } from './workflow-management.js';

/** One workflow to register at start. */
export interface WorkflowToLoad {
  readonly url: string;
  readonly workflowName?: string;
}

/**
 * Reads TorchServe-style entries: `file.war` or `name=file.war`.
 *
 * @param filesOfStore the `.war` files that the word `all` stands for.
 */
export function workflowsToLoad(entries: readonly string[], filesOfStore: readonly string[]): WorkflowToLoad[] {
  const urls = entries.flatMap((entry) => (entry.toLowerCase() === 'all' ? filesOfStore : [entry]));
  return urls.map((entry) => {
    const equals = entry.indexOf('=');
    // A URL may hold an equals sign of its own.
    const isNamed = equals > 0 && !entry.slice(0, equals).includes('/');
    return isNamed ? { workflowName: entry.slice(0, equals), url: entry.slice(equals + 1) } : { url: entry };
  });
}

/**
 * Registers workflows when a server starts. What is registered already stays as it is; what cannot be registered is logged
 * and does not keep the others, or the server, from starting.
 *
 * @returns how many could not be registered.
 */
export async function loadWorkflows(
  management: WorkflowManagement,
  workflows: readonly WorkflowToLoad[],
  logger: Logger,
): Promise<number> {
  const results = workflows.map(async (workflow) => {
    try {
      const submission = await management.register(workflow, true);
      logger.info({ ...workflow, operationId: submission.operationId }, 'registered at start');
      return 0;
    } catch (thrown) {
      if (isTorchweaveError(thrown, 'workflowConflict')) {
        logger.info({ workflow: thrown.data.workflow }, 'registered already');
        return 0;
      }
      const error = toTorchweaveError(thrown);
      logger.error({ ...workflow, code: error.code }, `cannot be registered at start: ${error.message}`);
      return 1;
    }
  });
  const failed = await Promise.all<number>(results);
  return failed.reduce((sum, one) => sum + one, 0);
}
