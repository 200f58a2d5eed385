import { readFileSync } from 'node:fs';

/** What TorchServe 0.12.0 answered to a step. */
export interface RecordedAnswer {
  readonly status: number;
  readonly text?: string;
  readonly base64?: string;
  readonly length?: number;
}

/** What must be answered where TorchServe's answer is not good enough. */
export interface Expectation {
  readonly status: number | readonly number[];
  readonly json?: unknown;
  readonly jsonHas?: unknown;
  readonly jsonNoKey?: string;
  readonly listLength?: number;
  readonly text?: string;
  readonly type?: string;
  readonly message?: string;
  readonly messageHas?: string;
  readonly maxSeconds?: number;
}

export interface Step {
  readonly id: string;
  readonly server: 'management' | 'inference';
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly bodyRepeat?: readonly [string, number];
  readonly multipart?: Readonly<Record<string, string>>;
  readonly torchserve: RecordedAnswer;
  readonly expect?: Expectation;
  readonly expectMax?: number;
}

export interface Scenario {
  readonly scenario: string;
  readonly steps: readonly Step[];
}

/** Content of a `.war` or `.mar`: its files, or raw bytes as Latin-1. */
export type RecordedArchive =
  { readonly raw: string } | { readonly format?: 'tar.gz'; readonly files: Readonly<Record<string, string>> };

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../recordings/${name}`, import.meta.url), 'utf8'));

export const recordedScenarios = read('cases.json') as readonly Scenario[];
export const recordedArchives = read('archives.json') as Readonly<Record<string, RecordedArchive>>;
