import type { ArchiveFormat, ModelArchiveOptions } from '@torchweave/archive-format';
import { version } from '@torchweave/platform/version';
import { Option, type Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import type { CommandContext } from '../output/command-context.js';
import { sourceDate } from '../war/source-date.js';
import { addExamples, addJsonOption } from '../output/options.js';

interface MarCreateOptions extends Omit<ModelArchiveOptions, 'format' | 'archiverVersion' | 'moment' | 'sourceDate'> {
  readonly archiveFormat: keyof typeof formats;
  readonly json?: boolean;
}

/** How torch-model-archiver calls the formats. A zip that is not compressed is a zip to whoever reads it. */
const formats = {
  default: 'default',
  tgz: 'tgz',
  'no-archive': 'no-archive',
  'zip-store': 'default',
} as const satisfies Record<string, ArchiveFormat>;

async function createMar(context: CommandContext, options: MarCreateOptions): Promise<void> {
  const output = context.output(options);
  const { archiveFormat, json: _json, ...archive } = options;
  // torch-model-archiver makes the folder as well, which torch-workflow-archiver does not.
  await mkdir(archive.exportPath, { recursive: true });
  const { packModelArchive } = await import('@torchweave/archive-format');
  const archiverVersion = `torchweave-${version}`;
  const path = await packModelArchive({
    ...archive,
    archiverVersion,
    format: formats[archiveFormat],
    sourceDate: sourceDate(context.environment),
  });
  await output.tell({ path }, () => [path]);
}

/** Adds `mar create`, which takes what torch-model-archiver takes. */
export function addMarCreateCommand(mar: Command, context: CommandContext): void {
  const command = mar
    .command('create')
    .description('Pack a model archive; takes the options of torch-model-archiver.')
    .requiredOption('--model-name <name>', 'name of the model, and of the file: NAME.mar')
    .requiredOption('-v, --version <version>', "the model's version")
    .requiredOption('--handler <handler>', 'Python file, with or without :function, or a handler that TorchServe has')
    .option('--serialized-file <file>', 'file with the weights')
    .option('--model-file <file>', "Python file with the model's class")
    .option('--extra-files <list>', 'files and folders to pack as well, separated by commas')
    .option('-r, --requirements-file <file>', 'requirements.txt of the handler')
    .option('-c, --config-file <file>', "YAML file with the model's configuration")
    .addOption(
      new Option('--runtime <runtime>', 'what runs it').choices(['python', 'python3', 'LSP']).default('python'),
    )
    .option('--export-path <folder>', 'folder to write to', '.')
    .option('-f, --force', 'overwrite an archive that is there already', false)
    .addOption(
      new Option('--archive-format <format>', 'zip, gzipped tar or folder; zip-store is accepted and means default')
        .choices(Object.keys(formats))
        .default('default'),
    );
  addExamples(addJsonOption(command), [
    'torchweave mar create --model-name digits --version 1.0 --handler handler.py --extra-files weights.json',
    'torchweave mar create --model-name resnet --version 1.0 --handler image_classifier --serialized-file resnet.pt',
  ]).action((options: MarCreateOptions) => createMar(context, options));
}
