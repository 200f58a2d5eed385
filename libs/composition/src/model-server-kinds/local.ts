import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import { LocalModelServer } from '@torchweave/python-runtime';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { oncePerInstallation, type ModelServerKind, type ModelServerParts } from './kind.js';

/** The model server of `torchweave start`: named twice, it is there once. */
export const local: ModelServerKind = {
  form: 'local',
  isInside: true,
  read: (value) =>
    value === ''
      ? {
          create: (parts) => ({ server: localOf(parts) }),
          // What it needs is checked already: Python, and its folders.
          check: () => Promise.resolve([]),
        }
      : undefined,
};

const localOf = oncePerInstallation(createLocal);

function createLocal({ settings, unpack, python, logger }: ModelServerParts): LocalModelServer {
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
