import { Option, type Command } from 'commander';
import type { CommandContext } from '../output/command-context.js';
import type { ApiClient } from './api-client.js';

/** The flags that say where the server is. */
export interface ConnectionOptions {
  readonly management?: string;
  readonly inference?: string;
  readonly token?: string;
}

type Api = 'management' | 'inference';

/** Flag, variable and default of each API's address. */
const addresses = {
  management: { variable: 'TORCHWEAVE_MANAGEMENT', fallback: 'http://127.0.0.1:8081' },
  inference: { variable: 'TORCHWEAVE_INFERENCE', fallback: 'http://127.0.0.1:8080' },
} as const;

const tokenVariable = 'TORCHWEAVE_TOKEN';

/** Adds the flags for one API to a command that is its client. */
export function addConnectionOptions(command: Command, api: Api): Command {
  const { variable, fallback } = addresses[api];
  return command
    .addOption(new Option(`--${api} <url>`, `address of the ${api} API (or ${variable}; default ${fallback})`))
    .addOption(new Option('--token <token>', `key that the server wants (or ${tokenVariable})`));
}

/** The address of an API: flag, else variable, else this machine. */
function addressOf(context: CommandContext, options: ConnectionOptions, api: Api): string {
  const { variable, fallback } = addresses[api];
  return options[api] ?? (context.environment[variable] || fallback);
}

/** Lends a client of one API and closes its connections. */
export async function withApi<T>(
  context: CommandContext,
  options: ConnectionOptions,
  api: Api,
  use: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const token = options.token ?? (context.environment[tokenVariable] || undefined);
  const { ApiClient: Client } = await import('./api-client.js');
  const client = new Client({ api, baseUrl: addressOf(context, options, api), token });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
