import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Machine } from '../machine.js';
import type { SectionResult } from '../sections/section.js';
import type { Figure } from '../statistics.js';
import type { JudgedTarget } from '../judge.js';
import { renderMarkdown, renderText, type Table } from './table.js';

/** Everything that one run has found out. */
export interface Report {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly minutes: number;
  readonly command: string;
  readonly machine: Machine;
  /** Cores that processes other than the benchmark's kept busy while it ran, on average. */
  readonly coresOfOthers: number;
  readonly figures: Readonly<Record<string, Figure>>;
  readonly targets: readonly JudgedTarget[];
  readonly sections: readonly SectionReport[];
}

/** One section's result, or why there is none. */
export interface SectionReport {
  readonly name: string;
  readonly title: string;
  readonly result?: SectionResult;
  readonly failure?: string;
  /** Set where it was not even tried. */
  readonly leftOut?: string;
}

/** Cores of others up to which a machine counts as quiet: kernel threads and a shell. */
const quietCores = 0.1;

export const markers = { begin: '<!-- bench: begin -->', end: '<!-- bench: end -->' } as const;

/** The report for a terminal. */
export function reportText(report: Report): string {
  const parts = report.sections.flatMap(({ title, result, failure, leftOut }) =>
    result === undefined ? [`${title}\n  ${failure ?? leftOut ?? ''}`] : result.tables.map(renderText),
  );
  return ['', ...machineLines(report), '', ...parts.flatMap((part) => [part, '']), ...targetLines(report)].join('\n');
}

/** The report for a page: what goes between the markers. */
export function reportMarkdown(report: Report): string {
  const parts = report.sections.flatMap(({ title, result, failure, leftOut }) =>
    result === undefined ? [`### ${title}\n\n${failure ?? leftOut ?? ''}`] : result.tables.map(renderMarkdown),
  );
  const machine = machineLines(report).map((line) => `- ${line}`);
  return [machine.join('\n'), renderMarkdown(targetTable(report)), ...parts].join('\n\n');
}

/** Puts the report between the markers of `page`. @throws when they are not there. */
export function replaceBetweenMarkers(page: string, text: string): string {
  const begin = page.indexOf(markers.begin);
  const end = page.indexOf(markers.end);
  if (begin < 0 || end < begin) throw new Error(`The page has no ${markers.begin} before ${markers.end}.`);
  return `${page.slice(0, begin + markers.begin.length)}\n\n${text}\n\n${page.slice(end)}`;
}

/** Writes the JSON, and the page where one is asked for. */
export function writeReport(report: Report, jsonFile: string, markdownFile: string | undefined): void {
  mkdirSync(dirname(jsonFile), { recursive: true });
  writeFileSync(jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
  if (markdownFile === undefined) return;
  writeFileSync(markdownFile, replaceBetweenMarkers(readFileSync(markdownFile, 'utf8'), reportMarkdown(report)));
}

function machineLines({ startedAt, minutes, command, machine, coresOfOthers }: Report): string[] {
  const { processor, cores, memoryGiB, system, versions, loadBefore } = machine;
  const isQuiet = coresOfOthers < quietCores;
  return [
    `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${minutes.toFixed(0)} minutes: ${command}`,
    `${cores} cores (${processor}), ${memoryGiB} GiB, ${system}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `other processes kept ${coresOfOthers.toFixed(2)} of the ${cores} cores busy while it ran (load average before ${loadBefore.toFixed(2)}): ` +
      (isQuiet ? 'a quiet machine' : 'the figures are noisy, and no verdict is final'),
  ];
}

function targetLines({ targets }: Report): string[] {
  return [
    'Targets',
    ...targets.flatMap(({ what, verdict, measured }) => [
      `  ${verdict.padEnd(12)}  ${what}`,
      ...measured.map((told) => `                ${told}`),
    ]),
  ];
}

function targetTable({ targets }: Report): Table {
  return {
    title: 'Targets',
    columns: ['', 'verdict', 'measured'],
    rows: targets.map(({ what, verdict, measured }) => [what, verdict, measured.join('; ')]),
    notes: [],
  };
}
