import type { Environment } from '../environment.js';
import { exitCodes } from '../exit-codes.js';
import { failureOf } from './failure.js';
import { Output } from './output.js';
import { printableJson, printableText } from './printable.js';
import { writeTo, type Streams } from './streams.js';

/** What one run of the command works with. */
export class CommandContext {
  /** What the process ends with when nothing is thrown; a command sets it where its result is bad news. */
  exitCode: number = exitCodes.ok;
  private isJson = false;

  constructor(
    readonly environment: Environment,
    readonly streams: Streams,
  ) {
    // Failed writes are told to who writes; without a listener they would end the process as well.
    for (const stream of [streams.stdout, streams.stderr]) stream.on('error', () => undefined);
  }

  /** The output that the options of a command ask for. */
  output(options: { readonly json?: boolean | undefined }): Output {
    this.isJson = options.json === true;
    return new Output({ streams: this.streams, environment: this.environment, isJson: this.isJson });
  }

  /** Tells a failure on stderr, never a stack trace, and gives the exit code. */
  async tellFailure(thrown: unknown): Promise<number> {
    const { sentence, body, exitCode } = failureOf(thrown);
    const text = this.isJson ? printableJson({ error: body }) : `torchweave: ${printableText(sentence)}`;
    await writeTo(this.streams.stderr, `${text}\n`);
    return exitCode;
  }
}
