import { examineSettings } from '@torchweave/platform';
import { Option, type Command } from 'commander';
import type { Finding, Level } from '@torchweave/composition';
import { exitCodes } from '../exit-codes.js';
import type { Colours } from '../output/colours.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { addSettingOptions, settingSources } from '../setting-options.js';

interface DoctorOptions extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly at?: readonly string[];
  readonly token?: string;
}

const colourOf = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<Level, keyof Colours>;

function findingLines({ level, subject, message, remedy }: Finding, colours: Colours): string[] {
  const line = `${colours[colourOf[level]](level.padEnd(4))}  ${subject}: ${message}`;
  return remedy === undefined ? [line] : [line, `      ${remedy}`];
}

async function findings(
  options: DoctorOptions,
  environment: CommandContext['environment'],
): Promise<readonly Finding[]> {
  const { at, token = environment['TORCHWEAVE_TOKEN'] } = options;
  if (at !== undefined) {
    const { checkRunning } = await import('../doctor/check-running.js');
    return checkRunning(at, token === '' ? undefined : token);
  }
  const { runChecks } = await import('../doctor/run-checks.js');
  return runChecks(examineSettings(settingSources(options, environment)), environment['PATH'] ?? '');
}

async function examine(context: CommandContext, options: DoctorOptions): Promise<void> {
  const output = context.output(options);
  const found = await findings(options, context.environment);
  const isWell = found.every(({ level }) => level !== 'fail');
  if (!isWell) context.exitCode = exitCodes.failed;
  await output.tell({ ok: isWell, findings: found }, () =>
    found.flatMap((finding) => findingLines(finding, output.colours)),
  );
}

/** Adds `doctor`, which takes the flags of the servers and looks whether they could start with them. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description('Check what a server needs and say how to mend what is not there. Exit code 1 when anything fails.');
  const at = new Option(
    '--at <url>',
    'look at what runs there instead: an API or a metrics port; may be given several times',
  );
  const append = (url: string, before: readonly string[] | undefined): string[] => [...(before ?? []), url];
  const token = new Option('--token <token>', 'key that what runs there wants (or TORCHWEAVE_TOKEN)');
  command.addOption(at.argParser(append)).addOption(token);
  addExamples(addJsonOption(addSettingOptions(command)), [
    'torchweave doctor --workflow-store ./workflows --model-store ./models',
    'torchweave doctor --model-server torchserve=http://127.0.0.1:8091,http://127.0.0.1:8090 --json',
    'torchweave doctor --at http://127.0.0.1:8081 --at http://127.0.0.1:8080 --at http://127.0.0.1:8082',
  ]).action((options: DoctorOptions) => examine(context, options));
}
