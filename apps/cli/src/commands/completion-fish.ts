import type { CompletedCommand } from './completion-tree.js';

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** Whether the command line has got to a command and no further. */
function conditionOf({ path, subcommands }: CompletedCommand): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const none = `not __fish_seen_subcommand_from ${subcommands.map(({ name }) => name).join(' ')}`;
  return [...seen, ...(subcommands.length > 0 ? [none] : [])].join('; and ');
}

function linesOf(command: CompletedCommand): string[] {
  const begin = `complete -c torchweave -n ${quote(conditionOf(command))}`;
  const subcommands = command.subcommands.map(
    ({ name, description }) => `${begin} -f -a ${name} -d ${quote(description)}`,
  );
  const choices = command.choices.length === 0 ? [] : [`${begin} -f -a ${quote(command.choices.join(' '))}`];
  const options = command.options.map(({ names, description, takesValue, choices: values }) => {
    const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
    const value = !takesValue ? '' : values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : ' -r';
    return `${begin} ${flags.join(' ')}${value} -d ${quote(description)}`;
  });
  return [...subcommands, ...choices, ...options];
}

/** A script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const header = '# fish completion of torchweave; written by "torchweave completion fish"';
  return `${[header, ...commands.flatMap(linesOf)].join('\n')}\n`;
}
