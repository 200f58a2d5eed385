import { startApi } from '@torchweave/api';
import { createParts } from '@torchweave/composition';
import { startGateway } from '@torchweave/gateway';
import { createLogger, type AppOptions, type RunningApp } from '@torchweave/platform';
import { startWorker } from '@torchweave/worker';
import type { Command } from 'commander';
import type { Environment } from '../run-cli.js';
import { serveUntilStopped } from '../serve-until-stopped.js';
import { addSettingOptions } from '../setting-options.js';
import { prepareApp } from '../prepare-app.js';

type Starter = (options: AppOptions) => Promise<RunningApp>;

/** A worker or gateway alone: it owns its parts and closes them last. */
const withParts =
  (start: (options: AppOptions, parts: ReturnType<typeof createParts>) => Promise<RunningApp>): Starter =>
  async (options) => {
    const parts = createParts(options.settings, options.logger);
    const app = await start(options, parts);
    return {
      ...app,
      close: async () => {
        await app.close();
        await parts.close();
      },
    };
  };

/** Api, worker and gateway in one process, on the same parts. */
const startAll: Starter = async (options) => {
  const parts = createParts(options.settings, options.logger);
  const of = (app: string): AppOptions => ({ ...options, logger: options.logger.child({ part: app }) });
  const gateway = await startGateway(of('gateway'), parts);
  const worker = await startWorker(of('worker'), parts);
  const api = await startApi(of('api'));
  return {
    summary: `management ${api.address ?? ''} inference ${gateway.address ?? ''}`,
    close: async () => {
      await api.close();
      await worker.close();
      await gateway.close();
      await parts.close();
    },
  };
};

const starters: readonly { name: string; description: string; start: Starter }[] = [
  { name: 'start', description: 'Start management API, worker and gateway in one process.', start: startAll },
  { name: 'api', description: 'Start the management API.', start: startApi },
  { name: 'worker', description: 'Start a registration worker.', start: withParts(startWorker) },
  { name: 'gateway', description: 'Start an inference gateway.', start: withParts(startGateway) },
];

/** Adds the commands that start servers. */
export function addServerCommands(program: Command, environment: Environment): void {
  for (const { name, description, start } of starters) {
    addSettingOptions(program.command(name).description(description)).action(
      async (options: Record<string, unknown>) => {
        const { settings, redisUrl } = prepareApp(name, options, environment);
        const logger = createLogger({ app: name, level: settings.logLevel });
        await serveUntilStopped(name, () => start({ settings, redisUrl, logger }), logger);
      },
    );
  }
}
