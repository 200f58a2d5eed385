import { InvalidArgumentError, type Command } from 'commander';
import type { DevOptions } from '../dev/run-dev.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples } from '../output/options.js';

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535; 0 picks a free one.');
}

const append = (folder: string, before: readonly string[]): string[] => [...before, folder];

/** Adds `dev`. */
export function addDevCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('dev')
    .description(
      'Serve the folder of a workflow and update it at each save; the last good version goes on serving. Needs no server: it starts one of its own, and leaves nothing behind.',
    )
    .argument('<folder>', 'folder with a spec (.yaml), a handler (.py), and models as .mar files or folders')
    .option('--port <port>', 'port to predict at; 0 picks a free one', readPort, 8080)
    .option('--repeat [file]', 'at each save send this file, or, without one, the last request again')
    .option('--python <program>', 'Python interpreter of functions and models (default python3)')
    .option('--model-store <folder>', 'look for models here as well; may be given several times', append, [])
    .option('--spec-file <file>', 'the spec, where several files may be it')
    .option('--handler <file>', 'the Python file of the functions, where several may be it')
    .option('--workflow-name <name>', 'name of the workflow (default: of the spec, else of the folder)');
  addExamples(command, [
    'torchweave dev ./digits',
    'torchweave dev ./digits --repeat seven.png',
    'torchweave dev ./digits --repeat --python ./venv/bin/python',
  ]).action(async (folder: string, options: DevOptions) => {
    const { runDev } = await import('../dev/run-dev.js');
    await runDev(context, folder, options);
  });
}
