import type { Logger } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDiskFull } from './disk-full.js';
import { ageOf, entriesOf, passableFolder, removeTree } from './folders.js';

/** ms after which what lies in the temporary folder belongs to nobody any more. */
const abandonedAfterMs = 3_600_000;

/** Where things lie until they are complete and get their name by a rename, and from where they are removed. */
export class TemporaryFolder {
  constructor(
    private readonly directory: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Lends a path; whatever is still there at the end is removed.
   *
   * @throws whatever `work` throws; TorchweaveError `archiveStoreFull`.
   */
  lend<T>(work: (path: string) => Promise<T>): Promise<T> {
    return lendPath(join(this.directory, randomUUID()), async (path) => {
      await mkdir(this.directory, { recursive: true, mode: passableFolder });
      return work(path);
    });
  }

  /** Removes what crashed processes have left half done for more than an hour. */
  async sweep(): Promise<void> {
    for (const name of await entriesOf(this.directory)) {
      const path = join(this.directory, name);
      if (((await ageOf(path)) ?? 0) < abandonedAfterMs) continue;
      this.logger.info({ name }, 'removing what a crashed process has left in the archive store');
      await removeTree(path);
    }
  }
}

/** @throws whatever `work` throws; TorchweaveError `archiveStoreFull`. */
export async function lendPath<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  try {
    return await work(path);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new TorchweaveError('archiveStoreFull', {}, { cause: error });
  } finally {
    await removeTree(path);
  }
}
