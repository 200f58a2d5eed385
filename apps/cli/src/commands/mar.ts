import type { Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { addMarCreateCommand } from './mar-create.js';

function addMarInspectCommand(mar: Command, context: CommandContext): void {
  const command = mar
    .command('inspect')
    .description('Show the manifest, sha256 and files of a model archive.')
    .argument('<file>', 'archive, or a folder with the files of one');
  addExamples(addJsonOption(command), ['torchweave mar inspect digits.mar']).action(
    async (file: string, options: { readonly json?: boolean }) => {
      const output = context.output(options);
      const { inspectModelArchive, modelArchiveLines } = await import('../war/inspect-model-archive.js');
      const archive = await inspectModelArchive(file);
      await output.tell(archive, () => modelArchiveLines(archive));
    },
  );
}

/** Adds the commands on model archives. They need no server. */
export function addMarCommands(program: Command, context: CommandContext): void {
  const mar = program.command('mar').description('Create and look into model archives (.mar).');
  addMarCreateCommand(mar, context);
  addMarInspectCommand(mar, context);
}
