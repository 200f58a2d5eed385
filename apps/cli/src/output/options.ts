import { Option, type Command } from 'commander';

/** Adds `--json` to a command. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'tell the result as JSON');
}

/** `--python`, for commands that look at Python files. */
export function pythonOption(): Option {
  return new Option('--python <command>', 'Python that compiles the files (or TORCHWEAVE_PYTHON; else python3)');
}

/** Adds examples to the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  const heading = examples.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText('after', `\n${heading}:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}
