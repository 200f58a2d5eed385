import { startApi } from '@torchweave/api';
import { createParts, type Parts } from '@torchweave/composition';
import { startGateway } from '@torchweave/gateway';
import type { AppOptions, RunningApp } from '@torchweave/platform';
import { startWorker } from '@torchweave/worker';
import { withRedis, type Monitored } from './prepare-app.js';

/** A worker or gateway alone owns its parts and closes them last. */
async function withParts(
  options: AppOptions,
  start: (options: AppOptions, parts: Parts) => Promise<RunningApp>,
): Promise<RunningApp> {
  const parts = createParts(options.settings, options.logger, false);
  try {
    const app = await start(options, parts);
    return { ...app, close: () => app.close().finally(() => parts.close()) };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

export const startApiApart = (prepared: Monitored): Promise<RunningApp> => startApi(withRedis('api', prepared));

export const startWorkerApart = (prepared: Monitored): Promise<RunningApp> =>
  withParts(withRedis('worker', prepared), startWorker);

export const startGatewayApart = (prepared: Monitored): Promise<RunningApp> =>
  withParts(withRedis('gateway', prepared), startGateway);
