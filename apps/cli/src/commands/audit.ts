import { Option, type Command } from 'commander';
import type { AuditAnswer } from '../client/audit-answer.js';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { ManagementClient } from '../client/management-client.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';

interface AuditOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly refused?: boolean;
  readonly limit: string;
  readonly offset: string;
}

type Entry = AuditAnswer['entries'][number];

/** `2026-01-01T00:00:00Z  ops from 10.0.0.1: POST /workflows (digits), 200, operation 1b…`. */
function lineOf({ at, key, from, method, path, workflow, archive, status, code, operationId }: Entry): string {
  const subject = [workflow, archive].filter((each) => each !== undefined && !path.endsWith(`/${each}`)).join(', ');
  const ended = [
    status === undefined ? 'the client hung up' : String(status),
    ...(code === undefined ? [] : [code]),
    ...(operationId === undefined ? [] : [`operation ${operationId}`]),
  ];
  const who = `${key ?? 'without a key'} from ${from ?? 'unknown'}`;
  return `${at}  ${who}: ${method} ${path}${subject === '' ? '' : ` (${subject})`}, ${ended.join(', ')}`;
}

async function tell(context: CommandContext, { refused, limit, offset, ...options }: AuditOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const query = new URLSearchParams({ kind: refused === true ? 'refused' : 'change', limit, offset });
    const answer = await new ManagementClient(api).audit(query);
    const nothing = refused === true ? 'nobody was refused' : 'nothing was changed';
    await output.tell(answer, () => (answer.entries.length === 0 ? [nothing] : answer.entries.map(lineOf)));
  });
}

/** Adds the command that tells who did what. */
export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program
    .command('audit')
    .description('Tell who changed what, when, from where, and what came of it: the newest first.')
    .option('--refused', 'tell who was not let in instead')
    .addOption(new Option('--limit <n>', 'entries at most, 0 to 200').default('50'))
    .addOption(new Option('--offset <n>', 'newer entries to leave out').default('0'));
  addExamples(addJsonOption(addConnectionOptions(audit, 'management')), [
    'torchweave audit --limit 10',
    'torchweave audit --refused --json',
  ]).action((options: AuditOptions) => tell(context, options));
}
