import type { Environment } from '../environment.js';
import { createColours, takesColours, type Colours } from './colours.js';
import { lineProgress, silentProgress, terminalProgress, type Progress } from './progress.js';
import { printableJson, printableLine } from './printable.js';
import { writeTo, type Streams } from './streams.js';
import { randomUUID } from 'node:crypto';

export interface OutputOptions {
  readonly streams: Streams;
  readonly environment: Environment;
  /** True where `--json` is given. */
  readonly isJson: boolean;
}

/** Where a command tells its results: JSON, colours or plain lines are decided here and nowhere else. */
export class Output {
  /** For texts that {@link tell} writes. */
  readonly colours: Colours;
  /** Stands for the beginning of a colour of ours, which no text of an archive or a server can know. */
  private readonly seal = `\u0001${randomUUID()}`;

  constructor(private readonly options: OutputOptions) {
    const { streams, environment, isJson } = options;
    this.colours = createColours(!isJson && takesColours(streams.stdout, environment), this.seal);
  }

  /**
   * Tells a result on stdout: `value` as JSON with `--json`, else the lines for people. Whatever they hold, it steers no
   * terminal; only {@link colours} do.
   */
  async tell(value: unknown, lines: () => readonly string[]): Promise<void> {
    const text = this.options.isJson
      ? printableJson(value)
      : lines()
          .map((line) => this.printable(line))
          .join('\n');
    if (text !== '') await this.write(`${text}\n`);
  }

  /** Writes to stdout as it is. */
  async write(content: string | Uint8Array): Promise<void> {
    await writeTo(this.options.streams.stdout, content);
  }

  private printable(line: string): string {
    return line.split(this.seal).map(printableLine).join('\u001b[');
  }

  /** Shows long work on stderr: one changing line on a terminal, a line for each step otherwise, nothing with `--json`. */
  progress(): Progress {
    const { streams, isJson } = this.options;
    if (isJson) return silentProgress;
    return streams.stderr.isTTY === true ? terminalProgress(streams.stderr) : lineProgress(streams.stderr);
  }
}
