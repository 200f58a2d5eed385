import { Readable, Writable } from 'node:stream';
import { runCli } from '../../../src/run-cli.js';

/** What a command got and gave. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What went to stdout, byte by byte. */
  readonly bytes: Buffer;
}

export interface CommandWorld {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** True where stdout and stderr are a terminal. */
  readonly isTerminal?: boolean;
}

class MemoryStream extends Writable {
  readonly chunks: Buffer[] = [];
  readonly columns = 80;

  constructor(readonly isTTY: boolean) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
}

/** Runs one command line in this process. */
export async function runCommand(args: readonly string[], world: CommandWorld = {}): Promise<CommandResult> {
  const { environment = {}, stdin = '', isTerminal = false } = world;
  const [stdout, stderr] = [new MemoryStream(isTerminal), new MemoryStream(isTerminal)];
  const code = await runCli(args, environment, { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr });
  const bytes = Buffer.concat(stdout.chunks);
  return { code, stdout: bytes.toString(), stderr: Buffer.concat(stderr.chunks).toString(), bytes };
}
