import { TorchweaveError } from '@torchweave/domain';
import {
  createLogger,
  escapeControls,
  loadSettings,
  type AppOptions,
  type LoadedSettings,
  type Monitoring,
  type Settings,
} from '@torchweave/platform';
import type { Logger, Tracing } from '@torchweave/application';
import { RedisLink } from '@torchweave/redis-client';
import type { Environment } from './environment.js';
import { takesColours } from './output/colours.js';
import { settingSources } from './setting-options.js';

/** What an app is about to be started with. */
export interface Prepared {
  readonly settings: Settings;
  readonly logger: Logger;
}

/** What an app is started with. */
export interface Monitored extends Prepared {
  readonly monitoring: Monitoring;
  readonly tracing?: Tracing | undefined;
}

/** What to say of what was read, a line each. */
export function settingRemarks({ foundFile, otherKeys, unheardVariables }: LoadedSettings): string[] {
  const { changed, unknown } = otherKeys;
  return [
    ...(foundFile === undefined ? [] : [`settings are read from ${foundFile}, for --ts-config names no other file`]),
    ...changed.map(({ key, instead }) => `${key} of the ts-config is not followed: ${instead}`),
    ...unknown.map(({ key, meant }) =>
      meant === undefined
        ? `${key} of the ts-config is not known: it sets nothing`
        : `${key} of the ts-config is not known: it sets nothing. Did you mean ${meant}?`,
    ),
    ...unheardVariables.map(
      (name) => `${name} is not followed: the ts-config does not say ${needed(name)}, as TorchServe wants it`,
    ),
  ].map(escapeControls);
}

const needed = (variable: string): string =>
  variable === 'TS_ALLOWED_URLS'
    ? 'enable_envvars_config=true and use_env_allowed_urls=true'
    : 'enable_envvars_config=true';

/** Reads the settings of an app. What of them is not followed is told once, on stderr. */
export function prepareApp(
  app: string,
  options: Readonly<Record<string, unknown>>,
  environment: Environment,
): Prepared {
  const loaded = loadSettings(settingSources(options, environment));
  const { settings, otherKeys } = loaded;
  for (const remark of settingRemarks(loaded)) process.stderr.write(`torchweave: ${remark}\n`);
  const { logLevel: level, logFormat: format } = settings;
  const isColoured = takesColours(process.stderr, environment);
  const logger = createLogger({ app, level, format, isColoured });
  if (otherKeys.harmless.length > 0) {
    logger.debug({ keys: otherKeys.harmless }, 'these keys of the ts-config have nothing to set here');
  }
  return { settings, logger };
}

/** The options of an app that runs apart from the others: they meet in a Redis that somebody else runs. */
export function withRedis(app: string, { settings, logger, monitoring, tracing }: Monitored): AppOptions {
  const { redisUrl, namespace } = settings;
  if (redisUrl === undefined) {
    const rule = `given to ${app}, as a flag or as REDIS_URL: redis://host:port`;
    throw new TorchweaveError('configurationInvalid', { setting: '--redis-url', value: '', rule });
  }
  return { settings, redis: new RedisLink(redisUrl, logger, namespace), logger, monitoring, tracing };
}
