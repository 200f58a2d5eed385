/** `node dist/cli.js --model-store DIR …`: one TorchServe in the foreground, until SIGINT or SIGTERM. */
import { parseArgs } from 'node:util';

import { startTorchServe } from './start.js';

const { values } = parseArgs({
  options: {
    'model-store': { type: 'string' },
    'workflow-store': { type: 'string' },
    'inference-port': { type: 'string' },
    'management-port': { type: 'string' },
    'quiet-logs': { type: 'boolean', default: false },
    'token-auth': { type: 'boolean', default: false },
  },
});
const modelStore = values['model-store'];
if (modelStore === undefined) fail('--model-store DIR is missing.');
const workflowStore = values['workflow-store'];

// Before the start: a signal in its first seconds must not leave a TorchServe behind.
const stopRequested = new Promise<void>((resolve) => {
  process.on('SIGINT', resolve).on('SIGTERM', resolve);
});
const server = await startTorchServe({
  modelStore,
  ...(workflowStore === undefined ? {} : { workflowStore }),
  ...port('inferencePort', values['inference-port']),
  ...port('managementPort', values['management-port']),
  quietLogs: values['quiet-logs'],
  tokenAuth: values['token-auth'],
}).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
console.log(`ready inference=${server.inferenceUrl} management=${server.managementUrl}`);
if (server.keys) console.error(`keys ${JSON.stringify(server.keys)}`);
// A pending promise alone keeps no Node process alive.
const alive = setInterval(() => undefined, 60_000);
await stopRequested;
clearInterval(alive);
await server.stop();

function port(name: 'inferencePort' | 'managementPort', text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) fail(`${text} is not a port.`);
  return { [name]: value };
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
