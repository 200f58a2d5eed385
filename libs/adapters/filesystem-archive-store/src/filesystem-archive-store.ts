import { defaultLimits, readText, unpack, type ArchiveLimits, type Unpack } from '@torchweave/archive-format';
import type { ArchiveStore, Logger, UnpackedArchive } from '@torchweave/application';
import { isTorchweaveError, TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDiskFull } from './disk-full.js';
import { ageOf, exists, passableFolder, readOnlyFolder, removeTree, sealContent, writableFolder } from './folders.js';
import { writeHashed } from './hashed-file.js';

export interface FilesystemArchiveStoreOptions {
  /** Made when it is not there; shared by all workers and gateways of one installation. */
  readonly directory: string;
  readonly limits?: Partial<ArchiveLimits>;
  /** Where archives are taken apart. Default: in this process. */
  readonly unpack?: Unpack;
  readonly logger: Logger;
}

const digestPattern = /^[0-9a-f]{64}$/;
/** ms after which what lies in the temporary folder belongs to nobody any more. */
const abandonedAfterMs = 3_600_000;

/**
 * Archives in a folder: `packed/<sha-256>` and `unpacked/<sha-256>/`. Both get their name by a rename, and lose it by
 * one, so what has its name is complete; what a crash leaves lies in `tmp/` and is swept.
 */
export class FilesystemArchiveStore implements ArchiveStore {
  private readonly limits: ArchiveLimits;
  private readonly opening = new Map<string, Promise<UnpackedArchive>>();

  constructor(private readonly options: FilesystemArchiveStoreOptions) {
    this.limits = { ...defaultLimits, ...options.limits };
    this.sweep().catch((error: unknown) => {
      options.logger.warn({ err: error }, 'the temporary folder of the archive store cannot be swept');
    });
  }

  /**
   * What is there already needs no room.
   *
   * @throws whatever the stream throws; TorchweaveError `archiveStoreFull`.
   */
  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    return this.inTemporary(async (path) => {
      const { digest, bytes, unwritten } = await writeHashed(path, content);
      if (unwritten !== undefined) {
        if (!(await exists(this.packed(digest)))) throw unwritten;
        await this.touch(digest);
        return { digest, bytes };
      }
      await mkdir(this.folder('packed'), { recursive: true, mode: passableFolder });
      await rename(path, this.packed(digest));
      return { digest, bytes };
    });
  }

  /**
   * Opens in one process at once wait for one another.
   *
   * @throws TorchweaveError `archiveUnreadable`, `archiveEntryRefused`, `archiveLimitExceeded`, `archiveStoreFull`.
   */
  open(digest: string): Promise<UnpackedArchive> {
    const known = this.opening.get(digest);
    if (known !== undefined) return known;
    const opening = this.openOnce(digest).finally(() => this.opening.delete(digest));
    this.opening.set(digest, opening);
    return opening;
  }

  /** @throws as {@link open}. */
  async unpackTo(digest: string, directory: string): Promise<void> {
    await this.assertPacked(digest);
    await mkdir(dirname(directory), { recursive: true });
    // Beside it, as it may lie on another file system than the store.
    await lend(`${directory}.part`, async (path) => {
      await mkdir(path);
      const unpackApart = this.options.unpack ?? unpack;
      await rename(await unpackApart(this.packed(digest), path, this.limits), directory);
    });
  }

  /** @throws TorchweaveError `archiveUnreadable`. */
  async read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    await this.assertPacked(digest);
    const { size } = await stat(this.packed(digest));
    return { bytes: size, content: this.contentOf(digest) };
  }

  async list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const names = [...(await this.entriesOf('packed')), ...(await this.entriesOf('unpacked'))];
    const digests = [...new Set(names)].filter((name) => digestPattern.test(name));
    const found = digests.map(async (digest) => {
      const idleMs = (await ageOf(this.packed(digest))) ?? (await ageOf(this.unpacked(digest)));
      return idleMs === undefined ? [] : [{ digest, idleMs }];
    });
    return (await Promise.all(found)).flat();
  }

  async remove(digest: string): Promise<void> {
    // In this order nobody can unpack it anew in between.
    await rm(this.packed(digest), { force: true });
    const directory = this.unpacked(digest);
    try {
      await this.inTemporary(async (path) => {
        try {
          await chmod(directory, writableFolder);
          await rename(directory, path);
        } catch (error) {
          if (codeOf(error) !== 'ENOENT') throw error;
        }
      });
    } catch (error) {
      if (!isTorchweaveError(error, 'archiveStoreFull')) throw error;
      // Where even a rename has no room, nobody unpacks anything either: it may go in its place.
      await removeTree(directory);
    }
  }

  /** Removes what crashed processes have left half done for more than an hour. */
  async sweep(): Promise<void> {
    for (const name of await this.entriesOf('tmp')) {
      const path = join(this.folder('tmp'), name);
      if (((await ageOf(path)) ?? 0) < abandonedAfterMs) continue;
      this.options.logger.info({ name }, 'removing what a crashed process has left in the archive store');
      await removeTree(path);
    }
  }

  private async openOnce(digest: string): Promise<UnpackedArchive> {
    const directory = this.unpacked(digest);
    if (!(await exists(directory))) {
      await this.unpackInto(digest, directory).catch(async (error: unknown) => {
        // Another registration may have found it of no use meanwhile, and removed it.
        await this.assertPacked(digest);
        throw error;
      });
    }
    await this.touch(digest);
    return { digest, directory, readText: (path) => readText(directory, path) };
  }

  private async unpackInto(digest: string, directory: string): Promise<void> {
    await this.assertPacked(digest);
    await this.inTemporary(async (path) => {
      await mkdir(path);
      const content = await (this.options.unpack ?? unpack)(this.packed(digest), path, this.limits);
      await sealContent(content);
      await mkdir(this.folder('unpacked'), { recursive: true, mode: passableFolder });
      try {
        await rename(content, directory);
      } catch (error) {
        // Another process was faster.
        if (!(await exists(directory))) throw error;
      }
      await chmod(directory, readOnlyFolder);
    });
  }

  private async assertPacked(digest: string): Promise<void> {
    if (await exists(this.packed(digest))) return;
    throw new TorchweaveError('archiveUnreadable', { reason: `the archive store has no archive ${digest}` });
  }

  /** Opened with the first chunk that is asked for. */
  private async *contentOf(digest: string): AsyncGenerator<Uint8Array> {
    const file = await open(this.packed(digest));
    yield* file.createReadStream() as AsyncIterable<Uint8Array>;
  }

  /** Whoever lists must not take an archive that is in use for a forgotten one. */
  private async touch(digest: string): Promise<void> {
    const now = new Date();
    try {
      await utimes(this.packed(digest), now, now);
    } catch (error) {
      this.options.logger.debug({ digest, err: error }, 'the archive cannot be marked as used');
    }
  }

  /** Lends a path in the temporary folder; whatever is still there at the end is removed. */
  private async inTemporary<T>(work: (path: string) => Promise<T>): Promise<T> {
    return lend(join(this.folder('tmp'), randomUUID()), async (path) => {
      await mkdir(this.folder('tmp'), { recursive: true, mode: passableFolder });
      return work(path);
    });
  }

  private async entriesOf(kind: 'packed' | 'unpacked' | 'tmp'): Promise<string[]> {
    try {
      return await readdir(this.folder(kind));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  private folder(kind: 'packed' | 'unpacked' | 'tmp'): string {
    return join(this.options.directory, kind);
  }

  private packed(digest: string): string {
    return join(this.folder('packed'), checked(digest));
  }

  private unpacked(digest: string): string {
    return join(this.folder('unpacked'), checked(digest));
  }
}

/** @throws whatever `work` throws; TorchweaveError `archiveStoreFull`. */
async function lend<T>(path: string, work: (path: string) => Promise<T>): Promise<T> {
  try {
    return await work(path);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new TorchweaveError('archiveStoreFull', {}, { cause: error });
  } finally {
    await removeTree(path);
  }
}

function checked(digest: string): string {
  if (!digestPattern.test(digest)) throw new TorchweaveError('internal', { reason: `"${digest}" is not a sha-256` });
  return digest;
}
