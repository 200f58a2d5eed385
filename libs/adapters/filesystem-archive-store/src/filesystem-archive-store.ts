import { defaultLimits, unpack, type ArchiveLimits, type Unpack } from '@torchweave/archive-format';
import type { Logger } from '@torchweave/application';
import { join } from 'node:path';
import { FolderBlobs } from './folder-blobs.js';
import { TemporaryFolder } from './temporary-folder.js';
import { UnpackedArchives } from './unpacked-archives.js';

export interface FilesystemArchiveStoreOptions {
  /** Made when it is not there; shared by all workers and gateways of one installation. */
  readonly directory: string;
  readonly limits?: Partial<ArchiveLimits>;
  /** Where archives are taken apart. Default: in this process. */
  readonly unpack?: Unpack;
  readonly logger: Logger;
}

/**
 * Archives in one folder: `packed/<sha-256>` and `unpacked/<sha-256>/`. Both get their name by a rename, and lose it by
 * one, so what has its name is complete; what a crash leaves lies in `tmp/` and is swept.
 */
export class FilesystemArchiveStore extends UnpackedArchives {
  private readonly temporary: TemporaryFolder;

  constructor(options: FilesystemArchiveStoreOptions) {
    const { directory, logger } = options;
    const temporary = new TemporaryFolder(join(directory, 'tmp'), logger);
    super({
      blobs: new FolderBlobs(join(directory, 'packed'), temporary, logger),
      directory: join(directory, 'unpacked'),
      temporary,
      limits: { ...defaultLimits, ...options.limits },
      unpack: options.unpack ?? unpack,
    });
    this.temporary = temporary;
    this.sweep().catch((error: unknown) => {
      logger.warn({ err: error }, 'the temporary folder of the archive store cannot be swept');
    });
  }

  /** Removes what crashed processes have left half done for more than an hour. */
  sweep(): Promise<void> {
    return this.temporary.sweep();
  }
}
