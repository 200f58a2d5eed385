import type { ArchiveSource, ArchiveStore, FunctionRuntime, Logger } from '@torchweave/application';
import { ModelServerFleet } from '@torchweave/application';
import { createArchiveSource } from '@torchweave/archive-source';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import type { Settings } from '@torchweave/platform';
import { PythonFunctionRuntime } from '@torchweave/python-runtime';
import { join, resolve } from 'node:path';
import { createModelServers } from './model-servers.js';

/** What a worker or a gateway works with beside Redis. */
export interface Parts {
  readonly source: ArchiveSource;
  readonly archives: ArchiveStore;
  readonly modelServers: ModelServerFleet;
  readonly functions: FunctionRuntime;
  close(): Promise<void>;
}

/** ms. */
const connectTimeoutMs = 10_000;
const downloadTimeoutMs = 300_000;

const serverVersion = '0.1.0';

/** Builds the adapters that the settings ask for. Nothing is started before it is used. */
export function createParts(settings: Settings, logger: Logger): Parts {
  const source = createArchiveSource({
    ...(settings.workflowStore === undefined ? {} : { workflowStore: resolve(settings.workflowStore) }),
    allowedUrls: settings.allowedUrls,
    allowPrivateAddresses: settings.allowPrivateAddresses,
    maxArchiveBytes: settings.maxArchiveSize,
    connectTimeoutMs,
    totalTimeoutMs: downloadTimeoutMs,
    maxRedirects: 5,
  });
  const directory = resolve(settings.archiveStore ?? join(settings.dataDir, 'archives'));
  const archives = new FilesystemArchiveStore({ directory, logger });
  const runtime = {
    python: settings.python,
    logger,
    serverVersion,
    maxRequestBytes: settings.maxRequestSize,
    maxResponseBytes: settings.maxResponseSize,
  };
  const functions = new PythonFunctionRuntime(runtime);
  const modelServers = new ModelServerFleet(createModelServers(settings, logger), logger);
  return {
    source,
    archives,
    modelServers,
    functions,
    close: async () => {
      await Promise.all([functions.close(), modelServers.close()]);
    },
  };
}
