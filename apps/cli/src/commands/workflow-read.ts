import type { Command } from 'commander';
import type { DescribedWorkflow } from '../client/answers.js';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { alignColumns } from '../output/text.js';
import { showStatus } from './workflow-status.js';

interface ReadOptions extends ConnectionOptions {
  readonly json?: boolean;
}

interface DescribeOptions extends ReadOptions {
  readonly detailed?: boolean;
}

function descriptionRows(workflow: DescribedWorkflow): string[][] {
  return [
    ['workflow', workflow.workflowName],
    ['url', workflow.workflowUrl],
    ['workers', `${workflow.minWorkers} to ${workflow.maxWorkers}`],
    ['batch size', String(workflow.batchSize)],
    ['max batch delay', `${workflow.maxBatchDelay} ms`],
    ['dag', workflow.workflowDag],
  ];
}

async function list(context: CommandContext, options: ReadOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const workflows = await new ManagementClient(api).list();
    await output.tell(workflows, () =>
      alignColumns(workflows.map(({ workflowName, workflowUrl }) => [workflowName, workflowUrl])),
    );
  });
}

async function describe(context: CommandContext, name: string, options: DescribeOptions): Promise<void> {
  if (options.detailed === true) return showStatus(context, name, options);
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const workflow = await new ManagementClient(api).describe(name);
    await output.tell(workflow, () => alignColumns(descriptionRows(workflow)));
  });
}

/** Adds `workflow list` and `workflow describe`. */
export function addWorkflowReadCommands(workflow: Command, context: CommandContext): void {
  const listing = workflow.command('list').description('List the registered workflows, name and URL.');
  addExamples(addJsonOption(addConnectionOptions(listing, 'management')), [
    'torchweave workflow list',
    'torchweave workflow list --json --management http://workflows.example.com:8081',
  ]).action((options: ReadOptions) => list(context, options));

  const describing = workflow
    .command('describe')
    .description('Describe a registered workflow.')
    .argument('<name>', 'name of the workflow')
    .option('--detailed', 'as `workflow status`');
  addExamples(addJsonOption(addConnectionOptions(describing, 'management')), [
    'torchweave workflow describe digits',
    'torchweave workflow describe digits --detailed',
  ]).action((name: string, options: DescribeOptions) => describe(context, name, options));
}
