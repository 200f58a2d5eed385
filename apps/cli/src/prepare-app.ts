import { TorchweaveError } from '@torchweave/domain';
import { loadSettings, type Settings } from '@torchweave/platform';
import type { Environment } from './run-cli.js';
import { settingFlags } from './setting-options.js';

/** The settings of an app that is about to start. Unknown keys of the ts-config are told once, on stderr. */
export function prepareApp(
  app: string,
  options: Readonly<Record<string, unknown>>,
  environment: Environment,
): { settings: Settings; redisUrl: string } {
  const { tsConfig } = options;
  const loaded = loadSettings({
    flags: settingFlags(options),
    environment,
    ...(typeof tsConfig === 'string' ? { tsConfig } : {}),
  });
  if (loaded.unknownKeys.length > 0) {
    process.stderr.write(
      `torchweave: these keys of the ts-config have no meaning here: ${loaded.unknownKeys.join(', ')}\n`,
    );
  }
  const { redisUrl } = loaded.settings;
  if (redisUrl === undefined) {
    const rule = `given to ${app}, as a flag or as REDIS_URL: redis://host:port`;
    throw new TorchweaveError('configurationInvalid', { setting: '--redis-url', value: '', rule });
  }
  return { settings: loaded.settings, redisUrl };
}
