import type { Command } from 'commander';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { finishOperation } from '../client/finish-operation.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addJsonOption } from '../output/options.js';

/** What every command takes that changes a workflow. */
export interface ChangeOptions extends ConnectionOptions {
  readonly async?: boolean;
  readonly json?: boolean;
}

/** Begins a change by `begin`, and sees it to its end or tells how to. */
export async function change(
  context: CommandContext,
  options: ChangeOptions,
  begin: (client: ManagementClient) => Promise<string>,
  sentence: (client: ManagementClient) => Promise<string>,
): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const client = new ManagementClient(api);
    const id = await begin(client);
    await finishOperation({ client, output, id, isAsync: options.async === true }, async () => [
      await sentence(client),
    ]);
  });
}

/** Adds what {@link ChangeOptions} are read from. */
export const addChangeOptions = (command: Command): Command =>
  addJsonOption(addConnectionOptions(command, 'management')).option(
    '--async',
    'do not wait; tell the operation to watch',
  );
