import { startApi } from '@torchweave/api';
import { createParts } from '@torchweave/composition';
import { startEmbeddedRedis } from '@torchweave/embedded-redis';
import { startGateway } from '@torchweave/gateway';
import type { AppOptions, RunningApp } from '@torchweave/platform';
import { RedisLink } from '@torchweave/redis-client';
import { startWorker } from '@torchweave/worker';
import { join, resolve } from 'node:path';
import { Closing } from './closing.js';
import type { Monitored, Prepared } from './prepare-app.js';
import type { Environment } from './environment.js';

/** Everything in one process, by the addresses of its two APIs. */
export interface RunningWhole extends RunningApp {
  readonly management: string;
  readonly inference: string;
}

/**
 * Starts api, worker and gateway in one process, with a Redis of its own where none is given.
 *
 * @throws TorchweaveError of whatever does not start; what had started by then is closed again.
 */
export async function startAll(monitored: Monitored, environment: Environment): Promise<RunningWhole> {
  const { settings, logger, monitoring, tracing } = monitored;
  const closing = new Closing();
  try {
    const redisUrl = settings.redisUrl ?? (await embeddedRedisUrl({ settings, logger }, environment, closing));
    const redis = new RedisLink(redisUrl, logger, settings.namespace);
    const of = (part: string): AppOptions => ({
      ...{ settings, redis, monitoring, tracing },
      logger: logger.child({ part }),
    });
    const parts = closing.add(createParts({ settings, environment, logger, isOneProcess: true }));
    const gateway = closing.add(await startGateway(of('gateway'), parts));
    closing.add(await startWorker(of('worker'), parts));
    const api = closing.add(await startApi(of('api'), parts.archives));
    const [management, inference] = [api.address ?? '', gateway.address ?? ''];
    return {
      ...{
        management,
        inference,
        summary: `management ${management} inference ${inference}\nstart page ${management}/dashboard/`,
      },
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
