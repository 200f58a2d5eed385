import { startApi } from '@torchweave/api';
import { createParts, type Parts } from '@torchweave/composition';
import { startGateway } from '@torchweave/gateway';
import type { AppOptions, RunningApp } from '@torchweave/platform';
import { startWorker } from '@torchweave/worker';
import type { Command } from 'commander';
import { prepareApp, withRedis, type Prepared } from '../prepare-app.js';
import type { Environment } from '../run-cli.js';
import { serveUntilStopped } from '../serve-until-stopped.js';
import { addSettingOptions } from '../setting-options.js';
import { startAll } from '../start-all.js';

interface ServerCommand {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  start(prepared: Prepared, environment: Environment): Promise<RunningApp>;
}

/** A worker or gateway alone: it owns its parts and closes them last. */
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

const apart =
  '--redis-url redis://127.0.0.1:6379 --model-server torchserve=http://127.0.0.1:8091,http://127.0.0.1:8090';

const commands: readonly ServerCommand[] = [
  {
    name: 'start',
    description:
      'Start management API, worker and gateway in one process; a Redis and a model server too, where none is given.',
    example: 'torchweave start --workflow-store ./workflows --model-store ./models',
    start: startAll,
  },
  {
    name: 'api',
    description: 'Start the management API alone.',
    example: 'torchweave api --redis-url redis://127.0.0.1:6379',
    start: (prepared) => startApi(withRedis('api', prepared)),
  },
  {
    name: 'worker',
    description: 'Start a registration worker alone.',
    example: `torchweave worker --workflow-store ./workflows ${apart}`,
    start: (prepared) => withParts(withRedis('worker', prepared), startWorker),
  },
  {
    name: 'gateway',
    description: 'Start an inference gateway alone.',
    example: `torchweave gateway ${apart}`,
    start: (prepared) => withParts(withRedis('gateway', prepared), startGateway),
  },
];

/** Adds the commands that start servers. */
export function addServerCommands(program: Command, environment: Environment): void {
  for (const { name, description, example, start } of commands) {
    addSettingOptions(program.command(name).description(description))
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (options: Record<string, unknown>) => {
        const prepared = prepareApp(name, options, environment);
        await serveUntilStopped(name, () => start(prepared, environment), prepared.logger);
      });
  }
}
