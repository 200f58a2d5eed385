import type { Command } from 'commander';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import type { DetailedWorkflow } from '../client/detailed-answer.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { alignColumns, countText } from '../output/text.js';

interface StatusOptions extends ConnectionOptions {
  readonly json?: boolean;
}

type Version = DetailedWorkflow['versions'][number];
type Node = Version['nodes'][number];

function versionRow({ version, state, weight, workflowUrl, keptSeconds }: Version): string[] {
  const share = weight === undefined ? '' : `${weight} %`;
  return [
    `version ${version}`,
    state,
    share,
    workflowUrl,
    keptSeconds === undefined ? '' : `kept for ${keptSeconds} s`,
  ];
}

function nodeRows({ name, kind, minWorkers = 0, maxWorkers = 0, modelServers }: Node): string[][] {
  if (kind !== 'model') return [[name, kind]];
  const wanted = minWorkers === maxWorkers ? `${minWorkers}` : `${minWorkers} to ${maxWorkers}`;
  if (modelServers === undefined) return [[name, `${kind}, ${wanted} workers`, 'not looked at yet']];
  return modelServers.map(({ name: server, state, readyWorkers }, at) => [
    ...(at === 0 ? [name, `${kind}, ${wanted} workers`] : ['', '']),
    ...[server, readyWorkers === undefined ? state : `${state}, ${readyWorkers} ready`],
  ]);
}

const indented = (rows: readonly (readonly string[])[]): string[] => alignColumns(rows).map((line) => `  ${line}`);

/** The nodes of what serves, or may; what is retired has none anywhere. */
function nodeLines({ version, state, nodes, seenSecondsAgo }: Version): string[] {
  if (state === 'retired') return [];
  const age = seenSecondsAgo === undefined ? '' : `, models as seen ${seenSecondsAgo} s ago`;
  return [`nodes of version ${version}${age}:`, ...indented(nodes.flatMap(nodeRows))];
}

function gatewayLine({ gateways }: DetailedWorkflow): string {
  const late = gateways.filter(({ isCurrent }) => !isCurrent).map(({ id }) => id);
  const behind = late.length === 0 ? '' : `; not yet as it is now: ${late.join(', ')}`;
  return `${countText(gateways.length, 'gateway')}${behind}`;
}

function operationLine({ lastOperation, updatingOperationId }: DetailedWorkflow): string[] {
  if (lastOperation === undefined) return [];
  const { id, kind, state, finishedAt, error } = lastOperation;
  const what = updatingOperationId === id ? 'under way' : (finishedAt ?? '');
  return [
    `operation ${id}: ${[kind, state, what].filter(Boolean).join(', ')}`,
    ...(error ? [`  ${error.message}`] : []),
  ];
}

/** A workflow on one screen. */
const statusLines = (workflow: DetailedWorkflow): string[] => [
  `${workflow.workflowName}: version ${workflow.activeVersion} serves, ${gatewayLine(workflow)}`,
  ...indented(workflow.versions.map(versionRow)),
  ...workflow.versions.flatMap(nodeLines),
  ...operationLine(workflow),
];

/** Tells versions, nodes, model servers, gateways and the last operation of a workflow. */
export async function showStatus(context: CommandContext, name: string, options: StatusOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const workflow = await new ManagementClient(api).inspect(name);
    await output.tell(workflow, () => statusLines(workflow));
  });
}

/** Adds `workflow status`. */
export function addWorkflowStatusCommand(workflow: Command, context: CommandContext): void {
  const telling = workflow
    .command('status')
    .description('Tell versions, nodes with their workers, gateways and the last operation of a workflow.')
    .argument('<name>', 'name of the workflow');
  addExamples(addJsonOption(addConnectionOptions(telling, 'management')), [
    'torchweave workflow status digits',
    'torchweave workflow status digits --json',
  ]).action((name: string, options: StatusOptions) => showStatus(context, name, options));
}
