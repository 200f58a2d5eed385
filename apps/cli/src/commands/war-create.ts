import { assertWorkflowName } from '@torchweave/domain';
import type { ArchiveFormat } from '@torchweave/archive-format';
import { version } from '@torchweave/platform/version';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption, pythonOption } from '../output/options.js';
import { problemLine, warningLine } from '../war/problem.js';
import { sourceDate } from '../war/source-date.js';

interface WarCreateOptions {
  readonly workflowName: string;
  readonly specFile: string;
  readonly handler?: string;
  readonly extraFiles?: string;
  readonly modelStore?: string;
  readonly python?: string;
  readonly exportPath: string;
  readonly archiveFormat: ArchiveFormat;
  readonly force: boolean;
  readonly json?: boolean;
}

const formats: readonly ArchiveFormat[] = ['default', 'tgz', 'no-archive'];

async function createWar(context: CommandContext, options: WarCreateOptions): Promise<void> {
  const output = context.output(options);
  const { workflowName, specFile, handler, archiveFormat: format, modelStore } = options;
  const { extraFiles, exportPath, force } = options;
  const { packWorkflowArchive } = await import('@torchweave/archive-format');
  const { validateSources } = await import('../war/validate-sources.js');
  const { PythonChecker } = await import('../war/python-checker.js');
  assertWorkflowName(workflowName);
  const python = PythonChecker.of(options, context.environment);
  const { problems, warnings, probeFiles } = await validateSources(specFile, handler, { modelStore, python });
  const { notes } = python;
  const more = { ...(warnings.length > 0 ? { warnings } : {}), ...(notes.length > 0 ? { notes } : {}) };
  if (problems.length > 0) {
    context.exitCode = exitCodes.failed;
    return output.tell({ problems, warnings, ...more }, () => [
      ...[...problems.map(problemLine), ...warnings.map(warningLine)],
      ...notes,
    ]);
  }
  const named = handler === undefined ? {} : { handler };
  const archiverVersion = `torchweave-${version}`;
  const path = await packWorkflowArchive({
    ...{ workflowName, specFile, format, archiverVersion, sourceDate: sourceDate(context.environment) },
    ...{ exportPath, force, ...named },
    ...(extraFiles === undefined ? {} : { extraFiles }),
    needed: probeFiles.map((path) => ({ path, source: join(dirname(specFile), path) })),
  });
  await output.tell({ path, ...more }, () => [path, ...warnings.map(warningLine), ...notes]);
}

/** Adds `war create`, which takes what torch-workflow-archiver takes. */
export function addWarCreateCommand(war: Command, context: CommandContext): void {
  const command = war
    .command('create')
    .description('Check and pack a workflow archive; takes the options of torch-workflow-archiver.')
    .requiredOption('--workflow-name <name>', 'name of the workflow, and of the file: NAME.war')
    .requiredOption('--spec-file <file>', 'YAML file with the models and the dag')
    .option('--handler <file>', 'Python file with the functions of the dag')
    .option('--extra-files <list>', 'files and folders to pack as well, separated by commas')
    .option('--model-store <folder>', 'folder that must hold the model archives that the spec names')
    .addOption(pythonOption())
    .option('--export-path <folder>', 'existing folder to write to', '.')
    .option('-f, --force', 'overwrite an archive that is there already', false)
    .addOption(
      new Option('--archive-format <format>', 'zip, gzipped tar or folder').choices(formats).default('default'),
    );
  addExamples(addJsonOption(command), [
    'torchweave war create --workflow-name digits --spec-file digits.yaml --handler digits.py',
    'torchweave war create --workflow-name digits --spec-file digits.yaml --extra-files labels.json,words -f',
  ]).action((options: WarCreateOptions) => createWar(context, options));
}
