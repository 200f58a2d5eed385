import { packModelArchive, packWorkflowArchive } from '@torchweave/filesystem-archive-store';
import type { ArchiveFormat, ModelArchiveOptions, WorkflowArchiveOptions } from '@torchweave/filesystem-archive-store';
import { Option, type Command } from 'commander';

const formats: readonly ArchiveFormat[] = ['default', 'tgz', 'no-archive'];

function addExportOptions(command: Command): Command {
  const format = new Option('--archive-format <format>', 'A zip, a gzipped tar or a folder').choices(formats);
  format.default('default').attributeName = () => 'format';
  return command
    .option('--extra-files <list>', 'Further files and folders, separated by commas')
    .option('--export-path <folder>', 'Where the archive is written', '.')
    .option('-f, --force', 'Replace an archive that is there', false)
    .addOption(format);
}

const printPath = (path: string): void => void process.stdout.write(`${path}\n`);

/** Adds `war create` and `mar create`, drop-ins for TorchServe's archivers. */
export function addPackingCommands(program: Command): void {
  const war = program.command('war').description('Workflow archives.');
  addExportOptions(
    war.command('create').description('Pack a workflow archive; takes the options of torch-workflow-archiver.'),
  )
    .requiredOption('--workflow-name <name>', 'Name of the workflow, and of the archive')
    .requiredOption('--spec-file <file>', 'The YAML file with the models and the dag')
    .option('--handler <file>', 'The Python file of the function nodes')
    .action(async (options: WorkflowArchiveOptions) => printPath(await packWorkflowArchive(options)));

  const mar = program.command('mar').description('Model archives.');
  addExportOptions(
    mar.command('create').description('Pack a model archive; takes the options of torch-model-archiver.'),
  )
    .requiredOption('--model-name <name>', 'Name of the model, and of the archive')
    .requiredOption('--version <version>', 'Version of the model')
    .requiredOption('--handler <file>', 'Python file, file:function, or the name of a handler of TorchServe')
    .option('--model-file <file>', "The model's own Python file")
    .option('--serialized-file <file>', 'The weights')
    .option('--requirements-file <file>', 'What the model wants to be installed')
    .option('--config-file <file>', 'Its YAML configuration')
    .option('--runtime <runtime>', 'python, python3 or LSP', 'python')
    .action(async (options: ModelArchiveOptions) => printPath(await packModelArchive(options)));
}
