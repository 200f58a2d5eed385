import type { Command } from 'commander';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentTypeOf } from '../client/read-prediction-input.js';
import { exitCodes } from '../exit-codes.js';
import { CliError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';
import { functionLog } from '../output/function-log.js';
import { addExamples } from '../output/options.js';
import { Output } from '../output/output.js';
import { attemptLines } from '../war-run/attempt-lines.js';
import { problemLines } from '../war/problem-lines.js';

interface WarRunOptions {
  readonly input: string;
  readonly node?: string;
  readonly contentType?: string;
  readonly python?: string;
  readonly modelStore: readonly string[];
}

/** bytes: no server takes a request that is larger by far. */
const mostInput = 1_073_741_824;

async function readInput({ input, contentType }: WarRunOptions): Promise<{ body: Buffer; contentType: string }> {
  try {
    if ((await stat(input)).size > mostInput) throw new CliError(`The file of --input, ${input}, has more than 1 GiB.`);
    return { body: await readFile(input), contentType: contentType ?? contentTypeOf(input) };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CliError(`The file of --input, ${input}, cannot be read (${reason}).`, { cause: error });
  }
}

async function run(context: CommandContext, name: string, options: WarRunOptions): Promise<void> {
  const { environment, streams } = context;
  const output = context.output({});
  // The answer alone is the result; everything else is told beside it.
  const beside = new Output({ environment, isJson: false, streams: { ...streams, stdout: streams.stderr } });
  const say = (lines: readonly string[]): void => void beside.tell(undefined, () => lines).catch(() => undefined);
  const input = await readInput(options);
  const { runArchive } = await import('../war-run/run-archive.js');
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new CliError('Interrupted.', { exitCode: exitCodes.interrupted }));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const data = await mkdtemp(join(tmpdir(), 'torchweave-run-war-'));
  try {
    const outcome = await runArchive({
      ...{ name, input, data, environment, modelStores: options.modelStore },
      ...{ node: options.node, python: options.python },
      logger: functionLog((line) => say([line]), beside.colours),
      tell: (attempt) => say(attemptLines(attempt, beside.colours)),
      signal: interruption.signal,
    });
    if ('answer' in outcome) return await output.write(outcome.answer.value);
    context.exitCode = exitCodes.failed;
    const { problems, texts } = outcome;
    await beside.tell(undefined, () => problemLines({ problems, warnings: [] }, (file) => texts.get(file)));
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Adds `war run`. */
export function addWarRunCommand(war: Command, context: CommandContext): void {
  const append = (folder: string, before: readonly string[]): string[] => [...before, folder];
  const command = war
    .command('run')
    .description(
      'Run a workflow, or one of its nodes, on one input, without a server. The answer goes to stdout; what each node was given, gave and took to stderr.',
    )
    .argument('<archive>', 'archive, or folder with a spec (.yaml), a handler (.py) and models')
    .requiredOption('--input <file>', 'file with the body of the request')
    .option('--node <name>', 'run this node alone; one with several parents needs a JSON object with a field of each')
    .option('--content-type <type>', 'media type of the input (default: by the name of the file)')
    .option('--python <program>', 'Python interpreter of functions and models (default python3)')
    .option('--model-store <folder>', 'look for models here as well; may be given several times', append, []);
  addExamples(command, [
    'torchweave war run ./digits --input seven.png',
    'torchweave war run digits.war --model-store ./models --input seven.png',
    'torchweave war run ./digits --node vote --input votes.json',
  ]).action((name: string, options: WarRunOptions) => run(context, name, options));
}
