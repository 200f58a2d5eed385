import type { Parts } from '@torchweave/composition';
import type { AppOptions, RunningApp } from '@torchweave/platform';
import type { Environment } from './environment.js';
import { withRedis, type Monitored } from './prepare-app.js';

// Each app is imported when it is started: what a process does not run, its garbage collector need not walk through.

/** A worker or gateway alone owns its parts and closes them last. */
async function withParts(
  options: AppOptions,
  environment: Environment,
  start: (options: AppOptions, parts: Parts) => Promise<RunningApp>,
): Promise<RunningApp> {
  const { createParts } = await import('@torchweave/composition');
  const { settings, logger } = options;
  const parts = createParts({ settings, environment, logger, isOneProcess: false });
  try {
    const app = await start(options, parts);
    return { ...app, close: () => app.close().finally(() => parts.close()) };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

export async function startApiApart(prepared: Monitored): Promise<RunningApp> {
  const options = withRedis('api', prepared);
  const [{ startApi }, { createUploadStore }] = await Promise.all([
    import('@torchweave/api'),
    import('@torchweave/composition'),
  ]);
  return startApi(options, createUploadStore(options.settings, options.logger));
}

export async function startWorkerApart(prepared: Monitored, environment: Environment): Promise<RunningApp> {
  const options = withRedis('worker', prepared);
  const { startWorker } = await import('@torchweave/worker');
  return withParts(options, environment, startWorker);
}

export async function startGatewayApart(prepared: Monitored, environment: Environment): Promise<RunningApp> {
  const options = withRedis('gateway', prepared);
  const { startGateway } = await import('@torchweave/gateway');
  return withParts(options, environment, startGateway);
}
