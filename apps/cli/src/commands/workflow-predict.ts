import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { addConnectionOptions, withApi, type ConnectionOptions } from '../client/connect.js';
import { readPredictionInput, type PredictionInputOptions } from '../client/read-prediction-input.js';
import type { CommandContext } from '../output/command-context.js';
import { addExamples } from '../output/options.js';

interface PredictOptions extends ConnectionOptions, PredictionInputOptions {
  readonly output?: string;
}

async function predict(
  context: CommandContext,
  name: string,
  source: string | undefined,
  options: PredictOptions,
): Promise<void> {
  const output = context.output({});
  const { body, contentType } = await readPredictionInput(context, source, options);
  const path = `/wfpredict/${encodeURIComponent(name)}`;
  await withApi(context, options, 'inference', async (api) => {
    const answer = await api.request({ method: 'POST', path, headers: { 'content-type': contentType }, body });
    if (options.output === undefined) await output.write(answer.body);
    else await writeFile(options.output, answer.body);
  });
}

/** Adds `workflow predict`. It has no `--json` for the result: the answer is told as the workflow gives it. */
export function addWorkflowPredictCommand(workflow: Command, context: CommandContext): void {
  const command = workflow
    .command('predict')
    .description("Run a workflow on one request. The answer goes to stdout as it is, in the workflow's own format.")
    .argument('<name>', 'name of the workflow')
    .argument('[-]', 'a dash: send what comes from stdin')
    .option('--data <text>', 'send a text')
    .option('--file <file>', 'send a file')
    .option('--json <text>', 'send a text that is JSON')
    .option('--content-type <type>', 'media type of what is sent (default: by --data, --json or the name of the file)')
    .option('--output <file>', 'write the answer to a file');
  addExamples(addConnectionOptions(command, 'inference'), [
    'torchweave workflow predict digits --file seven.png',
    'torchweave workflow predict chain --data hello',
    "echo '[1, 2]' | torchweave workflow predict sums - --content-type application/json",
  ]).action((name: string, source: string | undefined, options: PredictOptions) =>
    predict(context, name, source, options),
  );
}
