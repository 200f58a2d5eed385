import type { Command, Option } from 'commander';

/** A flag as completion scripts need it. */
export interface CompletedOption {
  /** `--format`, `-f`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The only values it takes; empty where any will do. */
  readonly choices: readonly string[];
}

/** A command as completion scripts need it. */
export interface CompletedCommand {
  /** The words that lead to it, without the program's own name; none for the program. */
  readonly path: readonly string[];
  readonly description: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  /** The values of its first argument, where they are known. */
  readonly choices: readonly string[];
  /** Whether it takes arguments beyond those, which may be files. */
  readonly takesArguments: boolean;
}

/** The first sentence, without an aside that is cut by that: a completion list has room for no more. */
const brief = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .split(/(?<=[.;:]) /)[0]
    ?.replace(/[.;:]$/, '')
    .replace(/ \([^)]*$/, '') ?? '';

function describeOption({ short, long, description, required, optional, argChoices = [] }: Option): CompletedOption {
  const names = [long, short].filter((name): name is string => typeof name === 'string');
  return { names, description: brief(description), takesValue: required || optional, choices: argChoices };
}

/** The command and all below it, each with its own flags. */
export function describeTree(command: Command, path: readonly string[] = []): CompletedCommand[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const described: CompletedCommand = {
    path,
    description: brief(command.description()),
    subcommands: children.map((child) => ({ name: child.name(), description: brief(child.description()) })),
    options: help.visibleOptions(command).map(describeOption),
    choices: command.registeredArguments[0]?.argChoices ?? [],
    takesArguments: command.registeredArguments.length > 0,
  };
  // `help` is made by commander on the fly, and has nothing below it.
  const known = children.filter((child) => command.commands.includes(child));
  return [described, ...known.flatMap((child) => describeTree(child, [...path, child.name()]))];
}
