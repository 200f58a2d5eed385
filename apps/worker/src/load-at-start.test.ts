import type { JobQueue, Logger } from '@torchweave/application';
import type { Settings } from '@torchweave/platform';
import type { RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { expect, it } from 'vitest';
import { loadAtStart } from './load-at-start.js';

it('says which setting is wrong where the workflow store cannot be read', async () => {
  const settings = { loadWorkflows: ['all'], workflowStore: '/no/store', operationWaitMs: 1 } as unknown as Settings;
  const unused = {} as unknown;
  const loading = loadAtStart(settings, unused as RedisWorkflowState, unused as JobQueue, unused as Logger);
  await expect(loading).rejects.toMatchObject({
    message: 'Setting --workflow-store must be a folder that can be read, not "/no/store".',
  });
});
