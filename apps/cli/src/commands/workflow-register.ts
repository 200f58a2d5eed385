import type { Command } from 'commander';
import { openArchive } from '../client/archive-argument.js';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { finishOperation } from '../client/finish-operation.js';
import { ManagementClient, type Registration } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';

interface RegisterOptions extends ConnectionOptions {
  readonly name?: string;
  readonly async?: boolean;
  readonly sha256?: string;
  readonly json?: boolean;
}

async function begin(
  client: ManagementClient,
  argument: string,
  named: Omit<Registration, 'archive'>,
): Promise<string> {
  const archive = await openArchive(argument);
  try {
    return await client.register({ archive, ...named });
  } finally {
    if ('close' in archive) await archive.close();
  }
}

async function register(context: CommandContext, argument: string, options: RegisterOptions): Promise<void> {
  const output = context.output(options);
  const { name, sha256 } = options;
  await withApi(context, options, 'management', async (api) => {
    const client = new ManagementClient(api);
    const id = await begin(client, argument, { name, sha256 });
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
      'name of a file of the workflow store, URL, or path of a file here, whose bytes are sent (./digits.war)',
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
