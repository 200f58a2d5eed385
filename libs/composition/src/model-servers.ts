import { ModelServerFleet, type Logger, type ModelServer } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { FilesystemArchiveStore, type Unpack } from '@torchweave/filesystem-archive-store';
import type { ModelServerSetting, Settings } from '@torchweave/platform';
import { LocalModelServer, type PythonOptions } from '@torchweave/python-runtime';
import { ArchiveOffers, TorchServeModelServer } from '@torchweave/torchserve-model-server';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { atAddress, isExpandable, NamedModelServers, type ModelServerName } from './named-model-servers.js';

type TorchServeSetting = Extract<ModelServerSetting, { kind: 'torchserve' }>;

/** What model servers are built from. */
export interface ModelServerParts {
  readonly settings: Settings;
  /** Where archives are taken apart. */
  readonly unpack: Unpack;
  readonly python: PythonOptions;
  readonly logger: Logger;
  /** True where worker and gateway are one process, and so can share a model server inside it. */
  readonly isOneProcess: boolean;
}

const remoteRule = 'torchserve=MANAGEMENT_URL,INFERENCE_URL, at least once';

/** The model servers of an installation, those that are there now and those that a name may bring. */
export interface ModelServers {
  readonly fleet: ModelServerFleet;
  readonly names: NamedModelServers;
  /** Where there is one. */
  readonly local: LocalModelServer | undefined;
}

/**
 * The model servers of the settings; in one process the local one, where none is named.
 *
 * @throws TorchweaveError `configurationInvalid` when worker and gateway are apart and have no model server to meet at.
 */
export function createModelServers(parts: ModelServerParts): ModelServers {
  const given: readonly ModelServerSetting[] = parts.settings.modelServers;
  const servers: ModelServer[] = [];
  const names: ModelServerName[] = [];
  let local: LocalModelServer | undefined;
  const { settings, logger } = parts;
  const offers = new ArchiveOffers({ address: settings.modelDeliveryAddress, logger });
  for (const [index, server] of (given.length > 0 ? given : [{ kind: 'local' as const }]).entries()) {
    const torchServe = (setting: TorchServeSetting): ModelServer =>
      createTorchServe(parts, setting, { offers, name: `torchserve-${index + 1}` });
    if (server.kind === 'local') servers.push((local ??= createLocal(parts)));
    else if (isExpandable(server.managementUrl, server.inferenceUrl)) names.push(nameOf(server, torchServe));
    else servers.push(torchServe(server));
  }
  const fleet = new ModelServerFleet(servers, parts.logger);
  return { fleet, names: new NamedModelServers(fleet, names, parts.logger), local };
}

/** Both URLs with the same address: inferences go to the server that was asked to hold the model. */
function nameOf(
  { kind, managementUrl, inferenceUrl }: TorchServeSetting,
  create: (setting: TorchServeSetting) => ModelServer,
): ModelServerName {
  const at = (address: string): TorchServeSetting => ({
    kind,
    managementUrl: atAddress(managementUrl, address),
    inferenceUrl: atAddress(inferenceUrl, address),
  });
  return { host: new URL(managementUrl).hostname, create: (address) => create(at(address)) };
}

function createTorchServe(
  { settings, logger }: ModelServerParts,
  { managementUrl, inferenceUrl }: TorchServeSetting,
  shared: { readonly offers: ArchiveOffers; readonly name: string },
): ModelServer {
  const keyFile = settings.modelServerKeyFile;
  return new TorchServeModelServer({
    managementUrl,
    inferenceUrl,
    ...shared,
    maxResponseBytes: settings.maxResponseSize,
    ...(keyFile === undefined ? {} : { keyFile }),
    logger,
  });
}

function createLocal({ settings, unpack, python, logger, isOneProcess }: ModelServerParts): LocalModelServer {
  if (!isOneProcess) {
    const value = settings.modelServers.length > 0 ? 'local' : '';
    throw new TorchweaveError('configurationInvalid', { setting: '--model-server', value, rule: remoteRule });
  }
  const modelStore = resolve(settings.modelStore ?? join(settings.dataDir, 'model-store'));
  if (settings.modelStore === undefined) mkdirSync(modelStore, { recursive: true });
  return new LocalModelServer({
    ...python,
    modelStore,
    archives: new FilesystemArchiveStore({ directory: resolve(settings.dataDir, 'models'), unpack, logger }),
    // The data folder may be closed to another user.
    ...(settings.processUser === undefined ? { modelFolders: resolve(settings.dataDir, 'models', 'unpacked') } : {}),
    jobQueueSize: settings.jobQueueSize,
    maxProcesses: settings.maxModelProcesses,
    installRequirements: settings.installPyDepPerModel,
    environmentFolder: resolve(settings.dataDir, 'environments'),
  });
}
