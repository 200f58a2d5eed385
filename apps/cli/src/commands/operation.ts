import type { Command } from 'commander';
import type { OperationAnswer } from '../client/answers.js';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { assertSucceeded } from '../client/finish-operation.js';
import { ManagementClient } from '../client/management-client.js';
import { watchOperation } from '../client/watch-operation.js';
import { CliError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { alignColumns } from '../output/text.js';

interface OperationOptions extends ConnectionOptions {
  readonly json?: boolean;
}

function operationLines(operation: OperationAnswer): string[] {
  const { kind, id, state, workflow, attempts, steps, error } = operation;
  const facts = [
    ['operation', id],
    ['kind', kind],
    ['workflow', workflow ?? 'not known yet'],
    ['state', state],
    ['attempts', String(attempts)],
    ...(error === undefined ? [] : [['error', error.message]]),
  ];
  const rows = steps.map(({ name, durationMs }) => [name, durationMs === undefined ? 'under way' : `${durationMs} ms`]);
  return [...alignColumns(facts), 'steps:', ...alignColumns(rows).map((row) => `  ${row}`)];
}

async function watch(context: CommandContext, id: string, options: OperationOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const operation = await watchOperation(new ManagementClient(api), id, output.progress());
    assertSucceeded(operation);
    await output.tell(operation, () => [`${operation.kind} of ${operation.workflow ?? 'a workflow'} has succeeded.`]);
  });
}

async function show(context: CommandContext, id: string, options: OperationOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const operation = await new ManagementClient(api).operation(id);
    await output.tell(operation, () => operationLines(operation));
  });
}

async function cancel(context: CommandContext, id: string, options: OperationOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const client = new ManagementClient(api);
    await client.cancel(id);
    const operation = await watchOperation(client, id, output.progress());
    if (operation.error?.['errorCode'] !== 'operationCancelled') {
      assertSucceeded(operation);
      throw new CliError(`Operation ${id} has succeeded before it was stopped.`);
    }
    await output.tell(operation, () => [`Operation ${id} is cancelled, and what it had done is undone.`]);
  });
}

/** Adds the commands on operations, the long-running work of a server. */
export function addOperationCommands(program: Command, context: CommandContext): void {
  const operation = program.command('operation').description('Follow or cancel what a server does in the background.');
  const watching = operation
    .command('watch')
    .description('Show the steps of an operation until it ends. Exit code 1 when it fails.')
    .argument('<id>', 'id of the operation');
  addExamples(addJsonOption(addConnectionOptions(watching, 'management')), [
    'torchweave operation watch 0b5c2f0e-7c1f-4d0e-9c55-2f7a4f7f9a10',
  ]).action((id: string, options: OperationOptions) => watch(context, id, options));
  const showing = operation
    .command('show')
    .description('Show the state, steps and error of an operation.')
    .argument('<id>', 'id of the operation');
  addExamples(addJsonOption(addConnectionOptions(showing, 'management')), [
    'torchweave operation show 0b5c2f0e-7c1f-4d0e-9c55-2f7a4f7f9a10 --json',
  ]).action((id: string, options: OperationOptions) => show(context, id, options));
  const cancelling = operation
    .command('cancel')
    .description('Cancel an operation that has not committed, and wait until what it had done is undone.')
    .argument('<id>', 'id of the operation');
  addExamples(addJsonOption(addConnectionOptions(cancelling, 'management')), [
    'torchweave operation cancel 0b5c2f0e-7c1f-4d0e-9c55-2f7a4f7f9a10',
  ]).action((id: string, options: OperationOptions) => cancel(context, id, options));
}
