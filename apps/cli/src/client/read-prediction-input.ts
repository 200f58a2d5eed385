import { mediaTypeOfFile } from '@torchweave/domain';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CliError, usageError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';

/** The flags of `workflow predict` that say what to send. */
export interface PredictionInputOptions {
  readonly data?: string;
  readonly file?: string;
  readonly json?: string;
  readonly contentType?: string;
}

export interface PredictionInput {
  readonly body: Uint8Array;
  readonly contentType: string;
}

const anyBytes = 'application/octet-stream';

/** The media type of a file by its name. */
export const contentTypeOf = mediaTypeOfFile;

async function readInputFile(path: string): Promise<PredictionInput> {
  try {
    return { body: await readFile(path), contentType: contentTypeOf(path) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The file of --file cannot be read: ${reason}`, { cause: error });
  }
}

function readJson(text: string): PredictionInput {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new CliError(`The text of --json is not JSON: ${(error as SyntaxError).message}`, { cause: error });
  }
  return { body: Buffer.from(text), contentType: 'application/json' };
}

/**
 * Reads what a prediction sends, from the one source that is named.
 *
 * @param source `-` for stdin.
 * @throws CliError where it is not exactly one source, or one that cannot be read.
 */
export async function readPredictionInput(
  context: CommandContext,
  source: string | undefined,
  { data, file, json, contentType }: PredictionInputOptions,
): Promise<PredictionInput> {
  if (source !== undefined && source !== '-') {
    throw usageError(`"${source}" is not understood. Give - for stdin, or --data, --file or --json.`);
  }
  if ([data, file, json, source].filter((given) => given !== undefined).length !== 1) {
    throw usageError('Give what to send, once: --data TEXT, --file FILE, --json TEXT, or - for stdin.');
  }
  const input =
    file !== undefined
      ? await readInputFile(file)
      : json !== undefined
        ? readJson(json)
        : data !== undefined
          ? { body: Buffer.from(data), contentType: 'text/plain' }
          : { body: await buffer(context.streams.stdin), contentType: anyBytes };
  return { body: input.body, contentType: contentType ?? input.contentType };
}
