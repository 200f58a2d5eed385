import type { CompletedCommand } from './completion-tree.js';

/** A case of bash; patterns and words hold nothing that bash would read as more than text. */
const oneCase = (pattern: string, statement: string): string => `    ${pattern}) ${statement} ;;`;

const reply = (words: readonly string[]): string => `COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`;

const key = ({ path }: CompletedCommand): string => `"${path.join(' ')}"`;

/** The words that may follow, by command. */
function wordsOf({ subcommands, choices, options }: CompletedCommand): string[] {
  return [...subcommands.map(({ name }) => name), ...choices, ...options.flatMap(({ names }) => names)];
}

/** Values of the flag before the cursor: its choices, or files where any value will do. */
function valueCases(commands: readonly CompletedCommand[]): string[] {
  return commands.flatMap((command) =>
    command.options
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) => {
        const pattern = names.map((name) => `"${[...command.path, name].join(' ')}"`).join('|');
        return oneCase(
          pattern,
          `${choices.length > 0 ? reply(choices) : 'COMPREPLY=($(compgen -f -- "$current"))'}; return`,
        );
      }),
  );
}

/** A script for bash, without the bash-completion package. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const paths = commands.filter(({ path }) => path.length > 0).map(key);
  const files = commands.filter(({ takesArguments, choices }) => takesArguments && choices.length === 0);
  return `# bash completion of torchweave; written by "torchweave completion bash"
_torchweave() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}" command="" word at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${command:+$command }\${COMP_WORDS[at]}"
    case "$word" in
      ${paths.join('|')}) command="$word" ;;
    esac
  done
  case "\${command:+$command }$before" in
${valueCases(commands).join('\n')}
  esac
  case "$command" in
${commands.map((command) => oneCase(key(command), reply(wordsOf(command)))).join('\n')}
  esac
  case "$command" in
    ${files.map(key).join('|')})
      [[ $current == -* ]] || COMPREPLY+=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _torchweave torchweave
`;
}
