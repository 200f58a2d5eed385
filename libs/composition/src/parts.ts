import type { ArchiveSource, ArchiveStore, FunctionRuntime, Logger } from '@torchweave/application';
import type { ModelServerFleet, SpecReader } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import type { Settings } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import {
  ConfinementError,
  PythonFunctionRuntime,
  scrubbedEnvironment,
  type PythonOptions,
} from '@torchweave/python-runtime';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ArchivesApart } from './archive-process/archives-apart.js';
import type { NamedProcesses } from './model-server-kinds/kind.js';
import { hasModelServerInside } from './model-server-kinds/kinds.js';
import { createModelServers } from './model-servers.js';
import { processLimits } from './process-limits.js';
import { archiveFolder } from './upload-store.js';

/** A function runtime that can be asked whether it works at all. */
export interface StartableRuntime extends FunctionRuntime {
  /** Starts Python, where it does not run yet. @throws Error that says why it cannot be started. */
  start(): Promise<void>;
}

/** The Python processes of one app: by workflow those of its functions, by model those of model servers inside it. */
export interface PythonProcesses {
  readonly functions: () => readonly NamedProcesses[];
  readonly models: () => readonly NamedProcesses[];
}

/** What a worker or a gateway works with beside Redis. */
export interface Parts {
  readonly source: ArchiveSource;
  readonly archives: ArchiveStore;
  readonly specs: SpecReader;
  readonly modelServers: ModelServerFleet;
  /** Whether one of them is a part of this process, and begins empty with it. */
  readonly hasModelServerInside: boolean;
  readonly functions: StartableRuntime;
  /** The Python processes beside this one, for metrics. */
  readonly processes: PythonProcesses;
  /**
   * Looks up the model servers that are given by name, and goes on doing so. A second call changes nothing.
   *
   * @throws TorchweaveError `configurationInvalid` when the system does not allow what function processes are to be
   * confined by: none is started then.
   */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** ms. */
const connectTimeoutMs = 10_000;
const downloadTimeoutMs = 300_000;

/** @throws TorchweaveError `configurationInvalid` for a store that is not there. */
function assertFolder(setting: string, path: string | undefined): void {
  if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new TorchweaveError('configurationInvalid', { setting, value: path, rule: 'a folder that exists' });
}

function createArchivesApart({ settings, environment, logger }: PartsOptions): ArchivesApart {
  const { workflowStore, allowedUrls, allowPrivateAddresses, maxArchiveSize } = settings;
  const source = {
    ...(workflowStore === undefined ? {} : { workflowStore: resolve(workflowStore) }),
    allowedUrls,
    allowPrivateAddresses,
    maxArchiveBytes: maxArchiveSize,
    connectTimeoutMs,
    totalTimeoutMs: downloadTimeoutMs,
    maxRedirects: 5,
  };
  return new ArchivesApart({ source, environment, logger });
}

const confinementSettings = { network: '--function-network', user: '--process-user' } as const;

/** Starts Python ahead of the first workflow where it is to be confined, lest that fails only then. */
async function assertConfinable(functions: StartableRuntime, settings: Settings): Promise<void> {
  const { functionNetwork: network, processUser: user = '' } = settings;
  if (network === 'host' && user === '') return;
  try {
    await functions.start();
  } catch (error) {
    if (!(error instanceof ConfinementError)) throw error;
    const { what, reason } = error;
    const data = {
      setting: confinementSettings[what],
      value: { network, user }[what],
      rule: `possible here (${reason})`,
    };
    throw new TorchweaveError('configurationInvalid', data, { cause: error });
  }
}

/** What {@link createParts} builds from. */
export interface PartsOptions {
  readonly settings: Settings;
  /** Of the server's process; the Python processes see a harmless part of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** True where worker and gateway share these parts. */
  readonly isOneProcess: boolean;
}

/**
 * Builds the adapters that the settings ask for. No process is started before it is used.
 *
 * @throws TorchweaveError `configurationInvalid`.
 */
export function createParts(options: PartsOptions): Parts {
  const { settings, environment, logger, isOneProcess } = options;
  assertFolder('--workflow-store', settings.workflowStore);
  assertFolder('--model-store', settings.modelStore);
  const python: PythonOptions = {
    python: settings.python,
    logger,
    serverVersion: version,
    environment: scrubbedEnvironment(environment),
    maxRequestBytes: settings.maxRequestSize,
    maxResponseBytes: settings.maxResponseSize,
    loadTimeoutMs: settings.defaultStartupTimeout * 1_000,
    limits: processLimits(settings),
    ...(settings.processUser === undefined ? {} : { confinement: { user: settings.processUser } }),
  };
  const apart = createArchivesApart(options);
  const { unpack, specs } = apart;
  const source = apart.createSource();
  const directory = archiveFolder(settings);
  const archives = new FilesystemArchiveStore({ directory, unpack, logger });
  const confinement = { ...python.confinement, network: settings.functionNetwork };
  const functions = new PythonFunctionRuntime({ ...python, confinement });
  const servers = createModelServers({ settings, unpack, python, logger }, isOneProcess);
  const { fleet: modelServers, names } = servers;
  return {
    source,
    archives,
    specs,
    modelServers,
    hasModelServerInside: hasModelServerInside(settings),
    functions,
    processes: { functions: () => functions.processes, models: servers.processes },
    start: async () => {
      await Promise.all([names.start(), assertConfinable(functions, settings)]);
    },
    close: async () => {
      await names.close();
      await Promise.all([functions.close(), modelServers.close(), apart.close()]);
    },
  };
}
