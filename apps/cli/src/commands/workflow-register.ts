import type { Command } from 'commander';
import { archiveUrl } from '../client/archive-argument.js';
import { addConnectionOptions, addressOf, withApi, type ConnectionOptions } from '../client/connect.js';
import { finishOperation } from '../client/finish-operation.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';

interface RegisterOptions extends ConnectionOptions {
  readonly name?: string;
  readonly async?: boolean;
  readonly sha256?: string;
  readonly json?: boolean;
}

async function register(context: CommandContext, archive: string, options: RegisterOptions): Promise<void> {
  const output = context.output(options);
  const { name, sha256 } = options;
  const url = archiveUrl(archive, addressOf(context, options, 'management'));
  await withApi(context, options, 'management', async (api) => {
    const client = new ManagementClient(api);
    const id = await client.register({ url, name, sha256 });
    await finishOperation({ client, output, id, isAsync: options.async === true }, (workflow) => [
      `Workflow ${workflow} is registered and served.`,
    ]);
  });
}

/** Adds `workflow register`. */
export function addWorkflowRegisterCommand(workflow: Command, context: CommandContext): void {
  const command = workflow
    .command('register')
    .description('Register a workflow archive and wait until it is served.')
    .argument(
      '<archive>',
      'file of the workflow store, URL, or path of a file on the machine of the server (where its allowed_urls has file://)',
    )
    .option('--name <name>', "name of the workflow; wins over the one in the archive's manifest")
    .option('--async', 'do not wait; tell the operation to watch')
    .option('--sha256 <digest>', 'sha-256 that the archive must have');
  addExamples(addJsonOption(addConnectionOptions(command, 'management')), [
    'torchweave workflow register digits.war',
    'torchweave workflow register ./digits.war --name digits-2',
    'torchweave workflow register https://example.com/digits.war --async --json',
  ]).action((archive: string, options: RegisterOptions) => register(context, archive, options));
}
