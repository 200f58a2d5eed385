import type { ArchiveSource, Logger, ModelServer } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import type { ModelServerSetting, Settings } from '@torchweave/platform';
import { LocalModelServer, type PythonOptions } from '@torchweave/python-runtime';
import { TorchServeModelServer } from '@torchweave/torchserve-model-server';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What model servers are built from. */
export interface ModelServerParts {
  readonly settings: Settings;
  readonly source: ArchiveSource;
  readonly python: PythonOptions;
  readonly logger: Logger;
  /** True where worker and gateway are one process, and so can share a model server inside it. */
  readonly isOneProcess: boolean;
}

const remoteRule = 'torchserve=MANAGEMENT_URL,INFERENCE_URL, at least once';

/**
 * The model servers of the settings; in one process the local one, where none is named.
 *
 * @throws TorchweaveError `configurationInvalid` when worker and gateway are apart and have no model server to meet at.
 */
export function createModelServers(parts: ModelServerParts): ModelServer[] {
  const named: readonly ModelServerSetting[] = parts.settings.modelServers;
  const servers: readonly ModelServerSetting[] = named.length > 0 ? named : [{ kind: 'local' }];
  return servers.map((server) => {
    if (server.kind === 'torchserve') return createTorchServe(parts, server);
    if (parts.isOneProcess) return createLocal(parts);
    const value = named.length > 0 ? 'local' : '';
    throw new TorchweaveError('configurationInvalid', { setting: '--model-server', value, rule: remoteRule });
  });
}

function createTorchServe(
  { settings, logger }: ModelServerParts,
  { managementUrl, inferenceUrl }: Extract<ModelServerSetting, { kind: 'torchserve' }>,
): ModelServer {
  const keyFile = settings.modelServerKeyFile;
  return new TorchServeModelServer({
    managementUrl,
    inferenceUrl,
    maxResponseBytes: settings.maxResponseSize,
    ...(keyFile === undefined ? {} : { keyFile }),
    logger,
  });
}

function createLocal({ settings, source, python, logger }: ModelServerParts): ModelServer {
  const modelStore = resolve(settings.modelStore ?? join(settings.dataDir, 'model-store'));
  if (settings.modelStore === undefined) mkdirSync(modelStore, { recursive: true });
  return new LocalModelServer({
    ...python,
    modelStore,
    archives: new FilesystemArchiveStore({ directory: resolve(settings.dataDir, 'models'), logger }),
    fetchModel: (url, signal) => source.open(url, signal),
    installRequirements: settings.installPyDepPerModel,
    environmentFolder: resolve(settings.dataDir, 'environments'),
  });
}
