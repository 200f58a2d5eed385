import type { ArchiveStore, Logger } from '@torchweave/application';
import { FilesystemArchiveStore } from '@torchweave/filesystem-archive-store';
import type { Settings } from '@torchweave/platform';
import { join, resolve } from 'node:path';

/** Absolute path of the archive store, which apis, workers and gateways share. */
export const archiveFolder = ({ archiveStore, dataDir }: Settings): string =>
  resolve(archiveStore ?? join(dataDir, 'archives'));

/** The archive store for an api alone: it takes bytes, and nothing can be unpacked there. */
export const createUploadStore = (settings: Settings, logger: Logger): Pick<ArchiveStore, 'put'> =>
  new FilesystemArchiveStore({ directory: archiveFolder(settings), logger });
