import type { Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';

/** Adds `war inspect`. */
export function addWarInspectCommand(war: Command, context: CommandContext): void {
  const command = war
    .command('inspect')
    .description('Show the manifest, sha256, files, models, functions and dag of a workflow archive.')
    .argument('<file>', 'archive, or a folder with the files of one');
  addExamples(addJsonOption(command), ['torchweave war inspect digits.war']).action(
    async (file: string, options: { readonly json?: boolean }) => {
      const output = context.output(options);
      const { inspectArchive, inspectionLines } = await import('../war/inspect-archive.js');
      const archive = await inspectArchive(file);
      await output.tell(archive, () => inspectionLines(archive));
    },
  );
}
