import { Argument, type Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addExamples } from '../output/options.js';
import { bashCompletion } from './completion-bash.js';
import { fishCompletion } from './completion-fish.js';
import { describeTree } from './completion-tree.js';
import { zshCompletion } from './completion-zsh.js';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Adds `completion`, which writes a shell's completion script, made from the command tree as it is. */
export function addCompletionCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('completion')
    .description('Write the completion script of a shell to stdout.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(shells)));
  addExamples(command, [
    'torchweave completion bash > ~/.local/share/bash-completion/completions/torchweave',
    'torchweave completion zsh > "${fpath[1]}/_torchweave"',
    'torchweave completion fish > ~/.config/fish/completions/torchweave.fish',
  ]).action((shell: keyof typeof shells) => context.output({}).write(shells[shell](describeTree(program))));
}
