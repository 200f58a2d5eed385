import type { FileUse, RunningApp } from '@torchweave/platform';
import type { Command } from 'commander';
import type { Monitored } from '../prepare-app.js';
import type { Environment } from '../environment.js';
import { addSettingOptions } from '../setting-options.js';

interface ServerCommand {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  /** True where one process has the servers of both APIs. */
  readonly isWhole?: boolean;
  readonly uses: readonly FileUse[];
  /** Files that must be allowed to be open at once while its modules are read. */
  readonly leastFiles: number;
  start(prepared: Monitored, environment: Environment): Promise<RunningApp>;
}

const apart =
  '--redis-url redis://127.0.0.1:6379 --model-server torchserve=http://127.0.0.1:8091,http://127.0.0.1:8090';

const commands: readonly ServerCommand[] = [
  {
    name: 'start',
    description:
      'Start management API, worker and gateway in one process; a Redis and a model server too, where none is given.',
    example: 'torchweave start --workflow-store ./workflows --model-store ./models',
    isWhole: true,
    uses: ['connections', 'jobs'],
    leastFiles: 512,
    start: async (prepared, environment) => (await import('../start-all.js')).startAll(prepared, environment),
  },
  {
    name: 'api',
    description: 'Start the management API alone.',
    example: 'torchweave api --redis-url redis://127.0.0.1:6379',
    uses: ['connections'],
    leastFiles: 512,
    start: async (prepared) => (await import('../start-apart.js')).startApiApart(prepared),
  },
  {
    name: 'worker',
    description: 'Start a registration worker alone.',
    example: `torchweave worker --workflow-store ./workflows ${apart}`,
    uses: ['jobs'],
    leastFiles: 256,
    start: async (prepared, environment) => (await import('../start-apart.js')).startWorkerApart(prepared, environment),
  },
  {
    name: 'gateway',
    description: 'Start an inference gateway alone.',
    example: `torchweave gateway ${apart}`,
    uses: ['connections'],
    leastFiles: 256,
    start: async (prepared, environment) =>
      (await import('../start-apart.js')).startGatewayApart(prepared, environment),
  },
];

/** Adds the commands that start servers. What they need is loaded when they run: every other command is quick. */
export function addServerCommands(program: Command, environment: Environment): void {
  for (const { name, description, example, isWhole = false, uses, leastFiles, start } of commands) {
    addSettingOptions(program.command(name).description(description))
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (options: Record<string, unknown>) => {
        const { prepareApp } = await import('../prepare-app.js');
        const { serveUntilStopped } = await import('../serve-until-stopped.js');
        const { assertEnoughFiles, openFilesLimit, sharedAddress, startMonitored, tooFewFiles } =
          await import('@torchweave/platform');
        const prepared = prepareApp(name, options, environment);
        const shared = isWhole ? sharedAddress(prepared.settings) : undefined;
        if (shared !== undefined) throw shared;
        const limit = openFilesLimit();
        assertEnoughFiles(limit, leastFiles);
        const { modelServerFaults, startTraced } = await import('@torchweave/composition');
        const [fault] = modelServerFaults(prepared.settings);
        if (fault !== undefined) throw fault;
        const tooFew = tooFewFiles(limit, prepared.settings, uses);
        if (tooFew !== undefined) prepared.logger.warn({ needed: tooFew.needed }, tooFew.message);
        const service = isWhole ? 'torchweave' : `torchweave-${name}`;
        const run = (): Promise<RunningApp> =>
          startTraced(service, prepared, (tracing) =>
            startMonitored(name, prepared, (monitoring) => start({ ...prepared, monitoring, tracing }, environment)),
          );
        await serveUntilStopped(name, run, prepared.logger);
      });
  }
}
