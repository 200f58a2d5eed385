import {
  loadWorkflows,
  WorkflowManagement,
  workflowsToLoad,
  type JobQueue,
  type Logger,
} from '@torchweave/application';
import type { Settings } from '@torchweave/platform';
import type { RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { readdir } from 'node:fs/promises';

/**
 * Registers what `load_workflows` names. Of the workers of an installation that start at once, one does; what is registered already
 * stays as it is.
 */
export async function loadAtStart(
  settings: Settings,
  state: RedisWorkflowState,
  jobs: JobQueue,
  logger: Logger,
): Promise<void> {
  const { loadWorkflows: entries, workflowStore, operationWaitMs: waitMs } = settings;
  if (entries.length === 0) return;
  const files = workflowStore === undefined ? [] : await readdir(workflowStore);
  const workflows = workflowsToLoad(entries, files.filter((name) => name.endsWith('.war')).sort());
  await state.loadOnce(async () => {
    await loadWorkflows(new WorkflowManagement(state, jobs, { waitMs }), workflows, logger);
  });
}
