import { InvalidArgumentError, type Command } from 'commander';
import type { VersionsOfWorkflow } from '../client/answers.js';
import { openArchive } from '../client/archive-argument.js';
import { addConnectionOptions, withApi } from '../client/connect.js';
import { ManagementClient } from '../client/management-client.js';
import { CliError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { alignColumns } from '../output/text.js';
import { addChangeOptions, change, type ChangeOptions } from './workflow-change.js';

interface UpdateOptions extends ChangeOptions {
  readonly create?: boolean;
  readonly default: boolean;
  readonly keep?: string;
  readonly watch?: string;
  readonly maxErrorRate?: string;
  readonly sha256?: string;
}

interface TrafficOptions extends ChangeOptions {
  readonly sticky?: string;
  readonly shadow?: Readonly<Record<string, number>>;
  readonly compare?: boolean;
}

async function update(context: CommandContext, name: string, argument: string, options: UpdateOptions): Promise<void> {
  const { create, keep, watch, maxErrorRate, sha256, default: isDefault } = options;
  const query = {
    ...{ keep, watch_seconds: watch, max_error_rate: maxErrorRate, sha256 },
    ...(create === true ? { create: 'true' } : {}),
    ...(isDefault ? {} : { set_default: 'false' }),
  };
  const begin = async (client: ManagementClient): Promise<string> => {
    const archive = await openArchive(argument);
    try {
      return await client.update(name, archive, query);
    } finally {
      if ('close' in archive) await archive.close();
    }
  };
  await change(context, options, begin, async (client) => {
    const { activeVersion, versions } = await client.versions(name);
    const [last] = versions;
    return isDefault || last === undefined
      ? `Workflow ${name} is updated: version ${activeVersion} serves.`
      : `Version ${last.version} of workflow ${name} is ready; version ${activeVersion} serves.`;
  });
}

/** The version that was active before: one that is ready, else the last that was retired. */
function versionBefore({ workflowName, activeVersion, versions }: VersionsOfWorkflow): number {
  const others = versions.filter(({ version }) => version !== activeVersion);
  const kept = others.filter(({ state, keptSeconds }) => state === 'ready' && keptSeconds !== undefined);
  const ready = kept.sort((a, b) => (b.since ?? '').localeCompare(a.since ?? ''));
  const [before] = [...ready, ...others.filter(({ state }) => state === 'retired')];
  if (before !== undefined) return before.version;
  throw new CliError(
    `Workflow ${workflowName} has no version to go back to: version ${activeVersion} is its only one.`,
  );
}

async function rollBack(
  context: CommandContext,
  name: string,
  version: string | undefined,
  options: ChangeOptions,
): Promise<void> {
  let chosen = '';
  const begin = async (client: ManagementClient): Promise<string> => {
    chosen = version ?? String(versionBefore(await client.versions(name)));
    return client.setDefault(name, chosen);
  };
  await change(context, options, begin, () => Promise.resolve(`Version ${chosen} of workflow ${name} serves.`));
}

function addShare(text: string, shares: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, version, share] = /^([1-9]\d{0,8})=(\d{1,3}(?:\.\d+)?)%?$/.exec(text) ?? [];
  if (version === undefined) throw new InvalidArgumentError('a share is VERSION=PERCENT, as 2=10.');
  return { ...shares, [version]: Number(share) };
}

const told = (shares: Readonly<Record<string, number>>): string =>
  Object.entries(shares)
    .map(([version, share]) => `version ${version} ${share} %`)
    .join(', ');

async function direct(
  context: CommandContext,
  name: string,
  given: Readonly<Record<string, number>>,
  options: TrafficOptions,
): Promise<void> {
  const { sticky, shadow, compare } = options;
  // An array where there are none.
  const weights = Object.keys(given).length === 0 ? undefined : given;
  if (weights === undefined && shadow === undefined)
    throw new CliError(
      'Neither a share nor --shadow is given: say which version gets what, as 1=90 2=10 or --shadow 3=20.',
    );
  const copies = shadow === undefined ? '' : ` Copies: ${told(shadow)}.`;
  const sentence =
    weights === undefined
      ? `The active version of workflow ${name} answers all requests.`
      : `The requests to workflow ${name} are shared out: ${told(weights)}.`;
  const traffic = {
    ...(weights === undefined ? {} : { weights }),
    ...(sticky === undefined ? {} : { sticky }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(compare === undefined ? {} : { compare }),
  };
  await change(
    context,
    options,
    (client) => client.direct(name, traffic),
    () => Promise.resolve(`${sentence}${copies}`),
  );
}

async function list(context: CommandContext, name: string, options: ChangeOptions): Promise<void> {
  const output = context.output(options);
  await withApi(context, options, 'management', async (api) => {
    const known = await new ManagementClient(api).versions(name);
    await output.tell(known, () =>
      alignColumns(
        known.versions.map(({ version, state, weight, workflowUrl, since, shadow, keptSeconds }) => [
          ...[String(version), state, weight === undefined ? '' : `${weight} %`, workflowUrl, since ?? ''],
          shadow === undefined ? '' : `copies of ${shadow} %`,
          keptSeconds === undefined ? '' : `kept for ${keptSeconds} s`,
        ]),
      ),
    );
  });
}

/** Adds `workflow update`, `versions`, `rollback` and `traffic`. */
export function addWorkflowVersionCommands(workflow: Command, context: CommandContext): void {
  const updating = workflow
    .command('update')
    .description('Make the next version of a workflow, and let it serve without a gap.')
    .argument('<name>', 'name of the workflow')
    .argument('<archive>', 'name of a file of the workflow store, URL, or path of a file here, whose bytes are sent')
    .option('--create', 'register the workflow where it is not there')
    .option('--no-default', 'leave the active version as it is: the new one gets what `workflow traffic` gives it')
    .option('--keep <versions>', 'versions that were active and stay ready for ten minutes (default 1)')
    .option('--watch <seconds>', 'take the new version back when too many predictions fail within this time')
    .option('--max-error-rate <share>', 'predictions that may fail meanwhile, 0 to 1 (default 0)')
    .option('--sha256 <digest>', 'sha-256 that the archive must have');
  addExamples(addChangeOptions(updating), [
    'torchweave workflow update digits ./digits.war',
    'torchweave workflow update digits ./digits.war --watch 60 --max-error-rate 0.01',
    'torchweave workflow update digits ./digits.war --no-default',
  ]).action((name: string, archive: string, options: UpdateOptions) => update(context, name, archive, options));

  const listing = workflow
    .command('versions')
    .description('List the versions of a workflow, from the last to the first.')
    .argument('<name>', 'name of the workflow');
  addExamples(addJsonOption(addConnectionOptions(listing, 'management')), [
    'torchweave workflow versions digits',
  ]).action((name: string, options: ChangeOptions) => list(context, name, options));

  const returning = workflow
    .command('rollback')
    .description('Let an earlier version of a workflow serve again: the one before, where none is named.')
    .argument('<name>', 'name of the workflow')
    .argument('[version]', 'number of the version');
  addExamples(addChangeOptions(returning), [
    'torchweave workflow rollback digits',
    'torchweave workflow rollback digits 3',
  ]).action((name: string, version: string | undefined, options: ChangeOptions) =>
    rollBack(context, name, version, options),
  );

  const sharing = workflow
    .command('traffic')
    .description('Share the requests of a workflow out among its versions.')
    .argument('<name>', 'name of the workflow')
    .argument('[shares...]', 'VERSION=PERCENT, together 100', addShare)
    .option('--sticky <header>', 'send requests with the same value of this header to the same version')
    .option(
      '--shadow <share>',
      'VERSION=PERCENT of the requests of which that version gets a copy, once for each',
      addShare,
    )
    .option('--compare', 'compare what copies are answered with what clients are');
  addExamples(addChangeOptions(sharing), [
    'torchweave workflow traffic digits 1=90 2=10',
    'torchweave workflow traffic digits 1=50 2=50 --sticky x-user',
    'torchweave workflow traffic digits 2=100',
    'torchweave workflow traffic digits --shadow 3=20 --compare',
  ]).action((name: string, weights: Record<string, number>, options: TrafficOptions) =>
    direct(context, name, weights, options),
  );
}
