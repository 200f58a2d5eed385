import type { Command } from 'commander';
import { exitCodes } from '../exit-codes.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption, pythonOption } from '../output/options.js';
import { problemLines } from '../war/problem-lines.js';
import type { SourcedValidation } from '../war/validate.js';

interface WarValidateOptions {
  readonly modelStore?: string;
  readonly python?: string;
  readonly json?: boolean;
}

async function validateWars(context: CommandContext, files: string[], options: WarValidateOptions): Promise<void> {
  const output = context.output(options);
  const { validateWorkflow } = await import('../war/validate.js');
  const { PythonChecker } = await import('../war/python-checker.js');
  const python = PythonChecker.of(options, context.environment);
  const { modelStore } = options;
  const results: ({ readonly file: string } & SourcedValidation)[] = [];
  for (const file of files) results.push({ file, ...(await validateWorkflow(file, { modelStore, python })) });
  const isValid = results.every(({ problems }) => problems.length === 0);
  if (!isValid) context.exitCode = exitCodes.failed;
  const told = results.map(({ file, problems, warnings }) => ({ file, problems, warnings }));
  const { notes } = python;
  await output.tell({ valid: isValid, files: told, ...(notes.length > 0 ? { notes } : {}) }, () => [
    ...results.flatMap(({ file, problems, warnings, sources }) => [
      ...(problems.length === 0 ? [`${file}: ${output.colours.green('ok')}`] : []),
      ...problemLines({ problems, warnings }, (name) => sources.get(name)),
    ]),
    ...notes,
  ]);
}

/** Adds `war validate`. */
export function addWarValidateCommand(war: Command, context: CommandContext): void {
  const command = war
    .command('validate')
    .description(
      'Tell every problem of workflow archives, as file:line:column: message (rule), with the line and a caret: of spec and graph, of the Python, which is compiled and not run, and of the models beside them. Exit code 1 for any; none for warnings.',
    )
    .argument('<files...>', 'archives, folders with the files of one, or spec files (.yaml, .yml)')
    .option('--model-store <folder>', 'folder that must hold the model archives that the specs name')
    .addOption(pythonOption());
  addExamples(addJsonOption(command), [
    'torchweave war validate digits.war',
    'torchweave war validate digits.yaml --model-store ./models --json',
  ]).action((files: string[], options: WarValidateOptions) => validateWars(context, files, options));
}
