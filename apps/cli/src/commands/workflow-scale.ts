import type { Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import { addExamples } from '../output/options.js';
import { addChangeOptions, change, type ChangeOptions } from './workflow-change.js';

interface ScaleOptions extends ChangeOptions {
  readonly node?: string;
  readonly minWorkers: string;
  readonly maxWorkers?: string;
}

async function scale(context: CommandContext, name: string, options: ScaleOptions): Promise<void> {
  const { node, minWorkers, maxWorkers } = options;
  const query = { node, min_worker: minWorkers, max_worker: maxWorkers };
  const whose = node === undefined ? `workflow ${name}` : `node ${node} of workflow ${name}`;
  const most = maxWorkers === undefined || maxWorkers === minWorkers ? '' : ` to ${maxWorkers}`;
  await change(
    context,
    options,
    (client) => client.scale(name, query),
    () => Promise.resolve(`The workers of ${whose} are scaled to ${minWorkers}${most} on each model server.`),
  );
}

/** Adds `workflow scale`. */
export function addWorkflowScaleCommand(workflow: Command, context: CommandContext): void {
  const scaling = workflow
    .command('scale')
    .description('Scale the workers of a workflow on each model server, without a new version.')
    .argument('<name>', 'name of the workflow')
    .requiredOption('--min-workers <workers>', 'workers that are kept')
    .option('--max-workers <workers>', 'workers that there may be at most (default: as many)')
    .option('--node <node>', 'the node whose workers are meant (default: all nodes with models)');
  addExamples(addChangeOptions(scaling), [
    'torchweave workflow scale digits --min-workers 4',
    'torchweave workflow scale digits --node network --min-workers 2 --max-workers 4',
  ]).action((name: string, options: ScaleOptions) => scale(context, name, options));
}
