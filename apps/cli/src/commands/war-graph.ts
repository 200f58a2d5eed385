import { Option, type Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { graphAsDot } from '../war/graph-dot.js';
import { graphAsMermaid } from '../war/graph-mermaid.js';
import { graphAsSvg } from '../war/graph-svg.js';
import { graphAsText } from '../war/graph-text.js';
import { graphOf, type Graph } from '../war/graph.js';

const drawings = {
  text: graphAsText,
  mermaid: graphAsMermaid,
  dot: graphAsDot,
  svg: graphAsSvg,
} as const satisfies Record<string, (graph: Graph) => string>;

interface WarGraphOptions {
  readonly format: keyof typeof drawings;
  readonly json?: boolean;
}

async function drawGraph(context: CommandContext, file: string, options: WarGraphOptions): Promise<void> {
  const output = context.output(options);
  const { readNamedWorkflow } = await import('../war/read-workflow.js');
  const { name, ...parts } = await readNamedWorkflow(file);
  const graph = graphOf(name, parts);
  await output.tell(graph, () => drawings[options.format](graph).split('\n'));
}

/** Adds `war graph`. */
export function addWarGraphCommand(war: Command, context: CommandContext): void {
  const command = war
    .command('graph')
    .description('Draw the dag of a workflow.')
    .argument('<file>', 'archive, a folder with the files of one, or a spec file (.yaml, .yml)')
    .addOption(new Option('--format <format>', 'what to draw it as').choices(Object.keys(drawings)).default('text'));
  addExamples(addJsonOption(command), [
    'torchweave war graph digits.war',
    'torchweave war graph digits.war --format svg > digits.svg',
    'torchweave war graph digits.yaml --format dot | dot -Tpng > digits.png',
  ]).action((file: string, options: WarGraphOptions) => drawGraph(context, file, options));
}
