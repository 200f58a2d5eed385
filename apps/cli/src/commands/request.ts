import type { Command } from 'commander';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import type { KeptRequestAnswer } from '../client/kept-request-answer.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { durationText, waterfallLines } from '../output/waterfall.js';

interface RequestOptions extends ConnectionOptions {
  readonly json?: boolean;
}

type Fault = NonNullable<KeptRequestAnswer['error']>;

const faultLines = (head: string, { message, errorCode }: Fault): string[] => [
  `${head}: ${errorCode}`,
  ...message.split('\n').map((line) => `  ${line}`),
];

function requestLines(request: KeptRequestAnswer): string[] {
  const { id, workflow, version, at, durationMs, status, outcome, why, gateway, error, spans } = request;
  const answered = status === 0 ? 'without an answer' : `with ${status}`;
  const failed = spans.flatMap(({ node, attempt, place, error: fault }) => {
    const where = place === undefined ? '' : ` at ${place}`;
    return fault === undefined ? [] : faultLines(`attempt ${attempt} of ${node}${where}`, fault);
  });
  return [
    `request ${id}: ${outcome} ${answered} after ${durationText(durationMs)}`,
    `${version === 0 ? `workflow ${workflow}` : `version ${version} of workflow ${workflow}`}, ${at}, kept as ${why}`,
    `gateway ${gateway}`,
    '',
    ...waterfallLines(request),
    ...(error === undefined && failed.length === 0 ? [] : ['']),
    ...failed,
    ...(error === undefined ? [] : faultLines('answered', error)),
  ];
}

async function show(context: CommandContext, id: string, options: RequestOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const request = await new ManagementClient(api).request(id);
    await output.tell(request, () => requestLines(request));
  });
}

/** Adds the commands on predictions that gateways have kept. */
export function addRequestCommands(program: Command, context: CommandContext): void {
  const request = program.command('request').description('Look at predictions that gateways have kept.');
  const showing = request
    .command('show')
    .description('Show each attempt of each node of a prediction: when it waited and ran, and its error in full.')
    .argument('<id>', 'x-request-id of its answer');
  addExamples(addJsonOption(addConnectionOptions(showing, 'management')), [
    'torchweave request show 0b5c2f0e-7c1f-4d0e-9c55-2f7a4f7f9a10',
    'torchweave request show my-own-id --json',
  ]).action((id: string, options: RequestOptions) => show(context, id, options));
}
