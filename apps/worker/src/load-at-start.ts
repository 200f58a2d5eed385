import {
  loadWorkflows,
  WorkflowManagement,
  workflowsToLoad,
  type JobQueue,
  type Logger,
} from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import type { Settings } from '@torchweave/platform';
import type { RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { readdir } from 'node:fs/promises';

/**
 * Registers what `load_workflows` names. Of the workers of an installation that start at once, one does; what is registered already
 * stays as it is.
 *
 * @throws TorchweaveError `configurationInvalid` where the workflow store cannot be read.
 */
export async function loadAtStart(
  settings: Settings,
  state: RedisWorkflowState,
  jobs: JobQueue,
  logger: Logger,
): Promise<void> {
  const { loadWorkflows: entries, workflowStore, operationWaitMs: waitMs } = settings;
  if (entries.length === 0) return;
  const workflows = workflowsToLoad(entries, workflowStore === undefined ? [] : await archivesIn(workflowStore));
  await state.loadOnce(async () => {
    await loadWorkflows(new WorkflowManagement(state, jobs, { waitMs }), workflows, logger);
  });
}

async function archivesIn(workflowStore: string): Promise<string[]> {
  try {
    return (await readdir(workflowStore)).filter((name) => name.endsWith('.war')).sort();
  } catch (cause) {
    const refused = { setting: '--workflow-store', value: workflowStore, rule: 'a folder that can be read' };
    throw new TorchweaveError('configurationInvalid', refused, { cause });
  }
}
