import { previewOf } from '../output/preview.js';
import type { Output } from '../output/output.js';
import { problemLines } from '../war/problem-lines.js';
import { warningLine } from '../war/problem.js';
import type { DevReport } from './dev-session.js';
import type { RepeatedAnswer } from './repeat-request.js';

/** The clock on the wall, as `12:03:04`. */
const clock = (): string => new Date().toTimeString().slice(0, 8);

const inMs = (ms: number): string => `${Math.round(ms)} ms`;

/** A word as a shell reads it. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The first line: a request to paste. @param file what `--repeat` sends, where it names a file. */
export function firstLine(
  url: string,
  file: { readonly path: string; readonly contentType: string } | undefined,
): string {
  if (file === undefined) return `curl -H content-type:text/plain -d hello ${url}`;
  return `curl -H content-type:${file.contentType} -T ${shellWord(file.path)} ${url}`;
}

/** Says what a session does, a few lines at a time. */
export class DevLines implements DevReport {
  constructor(private readonly output: Output) {}

  /** What cannot be written any more is nobody's loss: whoever reads is gone. */
  say(...lines: readonly string[]): void {
    this.output.tell(undefined, () => lines).catch(() => undefined);
  }

  served(version: number, ms: number): void {
    this.say(`${this.time} ${this.output.colours.green(`version ${version} serves`)} (${inMs(ms)})`);
  }

  faulty(...[problems, texts, serving]: Parameters<DevReport['faulty']>): void {
    this.say(...problemLines({ problems, warnings: [] }, (file) => texts.get(file)), this.after(serving));
  }

  warned(warnings: Parameters<DevReport['warned']>[0]): void {
    if (warnings.length > 0) this.say(...warnings.map(warningLine));
  }

  failed(sentence: string, serving: number | undefined): void {
    this.say(sentence, this.after(serving));
  }

  answered({ path, status, ms, body }: RepeatedAnswer): void {
    const { green, red } = this.output.colours;
    const told = (status < 400 ? green : red)(String(status));
    this.say(
      `${this.time} ${path} ${told} (${inMs(ms)})`,
      ...previewOf(body)
        .split('\n')
        .map((line) => `  ${line}`),
    );
  }

  private get time(): string {
    return this.output.colours.dim(clock());
  }

  private after(serving: number | undefined): string {
    const state = serving === undefined ? 'nothing serves yet' : `version ${serving} goes on serving`;
    return `${this.time} ${this.output.colours.red(state)}`;
  }
}
