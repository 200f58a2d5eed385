import type { Command } from 'commander';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { finishOperation } from '../client/finish-operation.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';

interface UnregisterOptions extends ConnectionOptions {
  readonly async?: boolean;
  readonly json?: boolean;
}

/** Adds `workflow unregister`. */
export function addWorkflowUnregisterCommand(workflow: Command, context: CommandContext): void {
  const command = workflow
    .command('unregister')
    .description('Unregister a workflow and wait until it is gone.')
    .argument('<name>', 'name of the workflow')
    .option('--async', 'do not wait; tell the operation to watch');
  addExamples(addJsonOption(addConnectionOptions(command, 'management')), [
    'torchweave workflow unregister digits',
  ]).action(async (name: string, options: UnregisterOptions) => {
    const output = context.output(options);
    await withApi(context, options, 'management', async (api) => {
      const client = new ManagementClient(api);
      const id = await client.unregister(name);
      await finishOperation({ client, output, id, isAsync: options.async === true }, () => [
        `Workflow ${name} is unregistered.`,
      ]);
    });
  });
}
