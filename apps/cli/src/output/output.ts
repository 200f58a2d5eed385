import type { Environment } from '../environment.js';
import { createColours, takesColours, type Colours } from './colours.js';
import { lineProgress, silentProgress, terminalProgress, type Progress } from './progress.js';
import { writeTo, type Streams } from './streams.js';

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

  constructor(private readonly options: OutputOptions) {
    const { streams, environment, isJson } = options;
    this.colours = createColours(!isJson && takesColours(streams.stdout, environment));
  }

  /** Tells a result on stdout: `value` as JSON with `--json`, else the lines for people. */
  async tell(value: unknown, lines: () => readonly string[]): Promise<void> {
    const text = this.options.isJson ? JSON.stringify(value, null, 2) : lines().join('\n');
    if (text !== '') await this.write(`${text}\n`);
  }

  /** Writes to stdout as it is. */
  async write(content: string | Uint8Array): Promise<void> {
    await writeTo(this.options.streams.stdout, content);
  }

  /** Shows long work on stderr: one changing line on a terminal, a line for each step otherwise, nothing with `--json`. */
  progress(): Progress {
    const { streams, isJson } = this.options;
    if (isJson) return silentProgress;
    return streams.stderr.isTTY === true ? terminalProgress(streams.stderr) : lineProgress(streams.stderr);
  }
}
