import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { findLoadGenerator } from './load/find-load-generator.js';
import { describeMachine } from './machine.js';
import { help, parseOptions, type BenchOptions } from './options.js';
import { OtherWork } from './other-work.js';
import { reportText, writeReport, type Report } from './report/report.js';
import { runSections } from './run-sections.js';
import { Scope } from './scope.js';
import { System } from './system.js';
import { judge } from './judge.js';

const say = (text: string): void =>
  void process.stderr.write(`[${process.uptime().toFixed(0).padStart(4)} s] ${text}\n`);

/** What a shell calls a program that SIGINT has ended. */
const interruptedStatus = 130;
/** ms that ending everything may take after a signal. */
const lastMs = 10_000;

const scope = new Scope();
// The groups that are left by then are killed by what this process does when it exits.
let isInterrupted = false;
const interrupt = (): void => {
  isInterrupted = true;
  say('interrupted: ending everything');
  setTimeout(() => process.exit(interruptedStatus), lastMs).unref();
  void scope.close().finally(() => process.exit(interruptedStatus));
};
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);

async function bench(options: BenchOptions): Promise<Report> {
  const startedAt = new Date();
  const generator = await findLoadGenerator();
  const machine = describeMachine(generator.name);
  say(`load generator: ${generator.name}; load average ${machine.loadBefore.toFixed(2)}`);
  if (options.profileFolder !== undefined) mkdirSync(options.profileFolder, { recursive: true });
  const system = new System(scope, say, options.profileFolder);
  const otherWork = new OtherWork();
  const warmed = new Set<string>();
  const startAnew = async (): Promise<void> => {
    if (options.quick) return;
    await otherWork.leavingOut(() => system.renew());
    warmed.clear();
  };
  const context = { system, options, generator, warmed, startAnew, say };
  const sections = await runSections(context, otherWork).finally(() => scope.close());
  const figures = Object.fromEntries(sections.flatMap(({ result }) => Object.entries(result?.figures ?? {})));
  return {
    startedAt: startedAt.toISOString(),
    minutes: (Date.now() - startedAt.getTime()) / 60_000,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    machine,
    coresOfOthers: otherWork.cores,
    figures,
    targets: judge(figures),
    sections,
  };
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(help);
    return 0;
  }
  const report = await bench(options);
  if (isInterrupted) return interruptedStatus;
  console.log(reportText(report));
  writeReport(report, options.jsonFile, options.markdownFile);
  say(`figures: ${resolve(options.jsonFile)}`);
  const isMissed = options.check && report.targets.some(({ verdict }) => verdict === 'not met');
  return isMissed || report.sections.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

const status = await main().catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
// A section that --quick has given up may still wait for something.
process.exit(status);
