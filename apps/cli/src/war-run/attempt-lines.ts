import type { Colours } from '../output/colours.js';
import type { ToldAttempt } from './told-runner.js';

/** Behind a name and before every further line of its value. */
const indent = '       ';

function valueLines(name: string, value: string): string[] {
  const [first = '', ...rest] = value.split(/\r\n|\r|\n/);
  return [`  ${name.padEnd(4)} ${first}`, ...rest.map((line) => indent + line)];
}

/** What a person reads of an attempt: the node and its time, what it was given and what it gave. */
export function attemptLines({ node, input, ms, output, error }: ToldAttempt, colours: Colours): string[] {
  const head = `${colours.bold(node.name)} (${node.kind}), ${ms.toFixed(1)} ms`;
  return [
    error === undefined ? head : `${head}: ${colours.red('failed')}`,
    ...input.flatMap((field) => valueLines('in', field)),
    ...(output === undefined ? [] : valueLines('out', output)),
  ];
}
