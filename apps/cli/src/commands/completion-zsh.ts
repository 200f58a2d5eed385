import type { CompletedCommand, CompletedOption } from './completion-tree.js';

/** In single quotes, with what _arguments and _describe would read as theirs taken care of. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const escapeDescription = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

const functionName = ({ path }: CompletedCommand): string => ['_torchweave', ...path].join('_').replaceAll('-', '_');

function valueOf({ takesValue, choices }: CompletedOption): string {
  if (!takesValue) return '';
  return choices.length > 0 ? `:value:(${choices.join(' ')})` : ':value:_files';
}

/** A flag may be given more than once: some are lists, and the command says when another may not. */
function optionSpecs(option: CompletedOption): string[] {
  const description = escapeDescription(option.description);
  return option.names.map((name) => quote(`*${name}[${description}]${valueOf(option)}`));
}

function argumentSpecs({ subcommands, choices, takesArguments }: CompletedCommand): string[] {
  if (subcommands.length > 0) return [quote('1: :->command'), quote('*:: :->rest')];
  if (choices.length > 0) return [quote(`1:value:(${choices.join(' ')})`)];
  return takesArguments ? [quote('*:file:_files')] : [];
}

function functionOf(command: CompletedCommand): string {
  const specs = [...command.options.flatMap(optionSpecs), ...argumentSpecs(command)];
  const lines = [`${functionName(command)}() {`, '  local line state', `  _arguments -C \\`];
  lines.push(specs.map((spec) => `    ${spec}`).join(' \\\n'));
  if (command.subcommands.length > 0) {
    const named = command.subcommands.map(({ name, description }) =>
      quote(`${name}:${escapeDescription(description)}`),
    );
    lines.push(
      '  case $state in',
      '    command)',
      `      local -a commands=(${named.join(' ')})`,
      "      _describe 'command' commands ;;",
      '    rest)',
      `      (( $+functions[${functionName(command)}_\${line[1]//-/_}] )) && ${functionName(command)}_\${line[1]//-/_} ;;`,
      '  esac',
    );
  }
  return [...lines, '}'].join('\n');
}

/** A script for zsh's completion system; in a folder of fpath it is named `_torchweave`. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  return `#compdef torchweave
# zsh completion of torchweave; written by "torchweave completion zsh"
${commands.map(functionOf).join('\n')}
if [ "$funcstack[1]" = "_torchweave" ]; then
  _torchweave "$@"
else
  compdef _torchweave torchweave
fi
`;
}
