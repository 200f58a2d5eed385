import type { Logger } from '@torchweave/application';
import { assertEnoughFiles, loadSettings, openFilesLimit, startMonitored } from '@torchweave/platform';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listFolder } from '../author/folder-files.js';
import { findWorkflowFolder, nameOfFolder, type FolderOptions } from '../author/workflow-folder.js';
import { ApiClient } from '../client/api-client.js';
import { ManagementClient } from '../client/management-client.js';
import { contentTypeOf } from '../client/read-prediction-input.js';
import { Closing } from '../closing.js';
import type { Environment } from '../environment.js';
import { CliError } from '../output/cli-error.js';
import type { CommandContext } from '../output/command-context.js';
import { functionLog } from '../output/function-log.js';
import { firstSignal } from '../serve-until-stopped.js';
import { startAll, type RunningWhole } from '../start-all.js';
import { PythonChecker } from '../war/python-checker.js';
import { makeDataFolder, removeDataFolder } from './data-folder.js';
import { DevLines, firstLine } from './dev-lines.js';
import { DevSession } from './dev-session.js';
import { requestOf, sendAgain } from './repeat-request.js';
import { RequestRelay } from './request-relay.js';
import { FolderWatch } from './watch-folders.js';

/** The flags of `dev`. */
export interface DevOptions extends FolderOptions {
  readonly port: number;
  readonly modelStore: readonly string[];
  /** A file to send at each save; true for the last request that was sent. */
  readonly repeat?: string | true;
  readonly python?: string;
}

/** ms that an end may take before the process goes all the same. */
const longestFarewellMs = 10_000;
const leastFiles = 512;

type Server = RunningWhole & { readonly maxRequestSize: number };

async function startServer(
  places: { readonly data: string; readonly modelStore: string },
  python: string | undefined,
  environment: Environment,
  logger: Logger,
): Promise<Server> {
  assertEnoughFiles(openFilesLimit(), leastFiles);
  await mkdir(places.modelStore, { recursive: true });
  const { settings } = loadSettings({
    flags: {
      ...{ managementPort: 0, inferencePort: 0, metricsPort: 'none' },
      ...{ dataDir: places.data, modelStore: places.modelStore, python: python ?? environment['TORCHWEAVE_PYTHON'] },
    },
    // The settings of an installation are not those of whoever tries something out.
    environment: {},
  });
  const { maxRequestSize } = settings;
  const start = (): Promise<RunningWhole> =>
    startMonitored('dev', { settings, logger }, (monitoring) =>
      startAll({ settings, logger, monitoring }, environment),
    );
  return { ...(await start()), maxRequestSize };
}

/** The name for the whole session; why there is no spec yet is told when it is looked for. */
async function nameFor(folder: string, options: DevOptions): Promise<string> {
  try {
    return (await findWorkflowFolder(folder, options)).name;
  } catch (error) {
    if (error instanceof CliError) return options.workflowName ?? nameOfFolder(folder);
    throw error;
  }
}

/** The folders to watch for files and folders that matter: where one is not there, the folder that it would be in. */
async function foldersOf(paths: readonly string[]): Promise<string[]> {
  const folders = paths.map(async (path) => {
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() === true ? (await listFolder(path)).folders : [dirname(path)];
  });
  return (await Promise.all(folders)).flat();
}

/** Everything that a session needs, up to its first version. */
async function begin(context: CommandContext, folder: string, options: DevOptions, closing: Closing): Promise<void> {
  const { environment } = context;
  const output = context.output({});
  const lines = new DevLines(output);
  const name = await nameFor(folder, options);
  const data = await makeDataFolder();
  closing.add({ close: () => removeDataFolder(data) });
  const packed = join(data, 'packed');
  const places = { data, modelStore: join(packed, 'model-store') };
  const logger = functionLog((line) => lines.say(line), output.colours);
  const server = closing.add(await startServer(places, options.python, environment, logger));
  const relay = closing.add(await RequestRelay.start(server.inference, options.port, server.maxRequestSize));
  const api = closing.add(new ApiClient({ api: 'management', baseUrl: server.management }));

  const { repeat } = options;
  const file = typeof repeat === 'string' ? repeat : undefined;
  const url = `${relay.url}/wfpredict/${name}`;
  lines.say(firstLine(url, file === undefined ? undefined : { path: file, contentType: contentTypeOf(file) }));
  lines.say(`${name} of ${folder} is updated at each save until Ctrl-C. Management API: ${server.management}`);

  const watch = new FolderWatch(() => void session.saved());
  const session = new DevSession({
    ...{ folder, name, report: lines, client: new ManagementClient(api) },
    pack: {
      ...{ ...options, modelStores: options.modelStore, output: packed, sourceDate: new Date() },
      python: PythonChecker.of(options, environment),
    },
    follow: async (paths) => watch.follow([...options.modelStore, ...(await foldersOf(paths))]),
    repeat: async (signal) => {
      const request = file !== undefined ? await requestOf(file, name) : repeat === true ? relay.last : undefined;
      if (request !== undefined) lines.answered(await sendAgain(server.inference, request, signal));
    },
  });
  closing.add(session);
  closing.add(watch);
  await session.saved();
}

/**
 * Serves the folder of a workflow, and brings each save to the server, until SIGINT or SIGTERM. Nothing is left behind.
 *
 * @throws CliError for a folder that is not there, or a port that cannot be had; TorchweaveError of a server that does not start.
 */
export async function runDev(context: CommandContext, folder: string, options: DevOptions): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw new CliError(`There is no folder ${folder}.`);
  }
  const stopped = firstSignal();
  const closing = new Closing();
  const beginning = begin(context, folder, options, closing);
  try {
    await Promise.race([beginning.then(() => stopped), stopped]);
  } finally {
    const giveUp = setTimeout(() => process.exit(1), longestFarewellMs);
    await closing.close();
    // What a signal has interrupted may have begun something since.
    await beginning.catch(() => undefined);
    await closing.close();
    clearTimeout(giveUp);
  }
}
