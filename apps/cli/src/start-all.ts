import { startApi } from '@torchweave/api';
import { loadWorkflows, WorkflowManagement, workflowsToLoad } from '@torchweave/application';
import { BullMqJobQueue } from '@torchweave/bullmq-job-queue';
import { createParts } from '@torchweave/composition';
import { startEmbeddedRedis } from '@torchweave/embedded-redis';
import { startGateway } from '@torchweave/gateway';
import type { AppOptions, RunningApp, Settings } from '@torchweave/platform';
import { RedisConnection, RedisWorkflowState } from '@torchweave/redis-workflow-state';
import { startWorker } from '@torchweave/worker';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Monitored, Prepared } from './prepare-app.js';
import type { Environment } from './environment.js';

/** Things to close, closed last first. */
class Closing {
  private readonly steps: (() => Promise<void>)[] = [];

  add<T extends { close(): Promise<void> }>(thing: T): T {
    this.steps.unshift(() => thing.close());
    return thing;
  }

  async close(): Promise<void> {
    for (const step of this.steps.splice(0)) await step();
  }
}

/**
 * Starts api, worker and gateway in one process, with a Redis of its own where none is given.
 *
 * @throws TorchweaveError of whatever does not start; what had started by then is closed again.
 */
export async function startAll(monitored: Monitored, environment: Environment): Promise<RunningApp> {
  const { settings, logger, monitoring } = monitored;
  const closing = new Closing();
  try {
    const redisUrl = settings.redisUrl ?? (await embeddedRedisUrl({ settings, logger }, environment, closing));
    const of = (part: string): AppOptions => ({ settings, redisUrl, logger: logger.child({ part }), monitoring });
    const parts = closing.add(createParts({ settings, environment, logger, isOneProcess: true }));
    const gateway = closing.add(await startGateway(of('gateway'), parts));
    closing.add(await startWorker(of('worker'), parts));
    const api = closing.add(await startApi(of('api')));
    await loadAtStart(of('load-workflows'));
    return {
      summary: `management ${api.address ?? ''} inference ${gateway.address ?? ''}`,
      close: () => closing.close(),
    };
  } catch (error) {
    await closing.close();
    throw error;
  }
}

async function embeddedRedisUrl(
  { settings, logger }: Prepared,
  environment: Environment,
  closing: Closing,
): Promise<string> {
  const redis = await startEmbeddedRedis({
    dataDirectory: join(resolve(settings.dataDir), 'redis'),
    python: settings.python,
    path: environment['PATH'] ?? '',
    logger,
  });
  closing.add(redis);
  return redis.url;
}

/** Registers what `load_workflows` names, before the server counts as ready. */
async function loadAtStart({ settings, redisUrl, logger }: AppOptions): Promise<void> {
  const workflows = workflowsToLoad(settings.loadWorkflows, await filesOfStore(settings));
  if (workflows.length === 0) return;
  const { namespace } = settings;
  const redis = new RedisConnection(redisUrl, logger);
  await redis.open();
  const jobs = await BullMqJobQueue.open({ redisUrl, namespace, logger });
  try {
    const state = new RedisWorkflowState(redis, namespace);
    await loadWorkflows(new WorkflowManagement(state, jobs, { waitMs: settings.operationWaitMs }), workflows, logger);
  } finally {
    await jobs.close();
    redis.close();
  }
}

async function filesOfStore({ workflowStore }: Settings): Promise<string[]> {
  if (workflowStore === undefined) return [];
  return (await readdir(workflowStore)).filter((name) => name.endsWith('.war')).sort();
}
