import { TorchweaveError } from '@torchweave/domain';
import { createLogger, loadSettings, type AppOptions, type Monitoring, type Settings } from '@torchweave/platform';
import type { Logger } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import type { Environment } from './environment.js';
import { settingFlags } from './setting-options.js';

/** What an app is about to be started with. */
export interface Prepared {
  readonly settings: Settings;
  readonly logger: Logger;
}

/** What an app is started with. */
export interface Monitored extends Prepared {
  readonly monitoring: Monitoring;
}

/** Reads the settings of an app. Unknown keys of the ts-config are told once, on stderr. */
export function prepareApp(
  app: string,
  options: Readonly<Record<string, unknown>>,
  environment: Environment,
): Prepared {
  const { tsConfig } = options;
  const { settings, unknownKeys } = loadSettings({
    flags: settingFlags(options),
    environment,
    ...(typeof tsConfig === 'string' ? { tsConfig } : {}),
  });
  if (unknownKeys.length > 0) {
    process.stderr.write(`torchweave: these keys of the ts-config have no meaning here: ${unknownKeys.join(', ')}\n`);
  }
  return { settings, logger: createLogger({ app, level: settings.logLevel }) };
}

/** The options of an app that runs apart from the others: they meet in a Redis that somebody else runs. */
export function withRedis(app: string, { settings, logger, monitoring }: Monitored): AppOptions {
  const { redisUrl, namespace } = settings;
  if (redisUrl === undefined) {
    const rule = `given to ${app}, as a flag or as REDIS_URL: redis://host:port`;
    throw new TorchweaveError('configurationInvalid', { setting: '--redis-url', value: '', rule });
  }
  return { settings, redis: new RedisLink(redisUrl, logger, namespace), logger, monitoring };
}
