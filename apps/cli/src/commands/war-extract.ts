import type { Command } from 'commander';
import { parse } from 'node:path';
import { CliError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { countText } from '../output/text.js';

interface WarExtractOptions {
  readonly to?: string;
  readonly json?: boolean;
}

/** `digits` for `store/digits.war` and `store/digits.tar.gz`. */
function folderFor(file: string): string {
  const { name, ext } = parse(file.replace(/\.tar\.gz$/, '.tgz'));
  if (ext !== '') return name;
  throw new CliError(`Give the folder to extract ${file} to with --to.`);
}

async function extractWar(context: CommandContext, file: string, options: WarExtractOptions): Promise<void> {
  const output = context.output(options);
  const folder = options.to ?? folderFor(file);
  const { extractArchive } = await import('../war/extract-archive.js');
  const entries = await extractArchive(file, folder);
  await output.tell({ folder, entries }, () => [`${countText(entries.length, 'file')} extracted to ${folder}`]);
}

/** Adds `war extract`. */
export function addWarExtractCommand(war: Command, context: CommandContext): void {
  const command = war
    .command('extract')
    .description('Extract the files of an archive. Nothing is written unless the whole archive is in order.')
    .argument('<file>', 'archive')
    .option('--to <folder>', 'new or empty folder to extract to (default: the name of the archive)');
  addExamples(addJsonOption(command), [
    'torchweave war extract digits.war',
    'torchweave war extract digits.war --to ./unpacked',
  ]).action((file: string, options: WarExtractOptions) => extractWar(context, file, options));
}
