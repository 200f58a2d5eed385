import { loadSettings } from '@torchweave/platform';
import type { Command } from 'commander';
import type { Finding, Level } from '../doctor/finding.js';
import { exitCodes } from '../exit-codes.js';
import type { Colours } from '../output/colours.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples, addJsonOption } from '../output/options.js';
import { addSettingOptions, settingFlags } from '../setting-options.js';

interface DoctorOptions extends Readonly<Record<string, unknown>> {
  readonly tsConfig?: string;
  readonly json?: boolean;
}

const colourOf = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<Level, keyof Colours>;

function findingLines({ level, subject, message, remedy }: Finding, colours: Colours): string[] {
  const line = `${colours[colourOf[level]](level.padEnd(4))}  ${subject}: ${message}`;
  return remedy === undefined ? [line] : [line, `      ${remedy}`];
}

async function examine(context: CommandContext, options: DoctorOptions): Promise<void> {
  const output = context.output(options);
  const { environment } = context;
  const { tsConfig } = options;
  const { settings } = loadSettings({
    flags: settingFlags(options),
    environment,
    ...(tsConfig === undefined ? {} : { tsConfig }),
  });
  const { runChecks } = await import('../doctor/run-checks.js');
  const findings = await runChecks(settings, environment['PATH'] ?? '');
  const isWell = findings.every(({ level }) => level !== 'fail');
  if (!isWell) context.exitCode = exitCodes.failed;
  await output.tell({ ok: isWell, findings }, () =>
    findings.flatMap((finding) => findingLines(finding, output.colours)),
  );
}

/** Adds `doctor`, which takes the flags of the servers and looks whether they could start with them. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('doctor')
    .description('Check what a server needs and say how to mend what is not there. Exit code 1 when anything fails.');
  addExamples(addJsonOption(addSettingOptions(command)), [
    'torchweave doctor --workflow-store ./workflows --model-store ./models',
    'torchweave doctor --model-server torchserve=http://127.0.0.1:8091,http://127.0.0.1:8090 --json',
  ]).action((options: DoctorOptions) => examine(context, options));
}
