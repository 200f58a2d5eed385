import type { ArchiveStore, Logger, UnpackedArchive } from '@torchweave/application';
import { TorchweaveError } from '@torchweave/domain';
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeReadOnly, removeTree } from './folders.js';
import { defaultLimits, type ArchiveLimits } from './limits.js';
import { unpack } from './unpack.js';

export interface FilesystemArchiveStoreOptions {
  /** Shared by all workers and gateways of one installation. */
  readonly directory: string;
  readonly limits?: Partial<ArchiveLimits>;
  readonly logger: Logger;
}

const digestPattern = /^[0-9a-f]{64}$/;
/** bytes of a manifest, spec or other small text. */
const maxTextBytes = 1_048_576;
/** ms after which what lies in the temporary folder has no owner any more. */
const abandonedAfterMs = 3_600_000;

/**
 * Archives in a folder: `packed/<sha-256>` and `unpacked/<sha-256>/`. Both come into being by a rename, so what has its name
 * is complete; what a crash leaves lies in `tmp/` and is swept.
 */
export class FilesystemArchiveStore implements ArchiveStore {
  private readonly limits: ArchiveLimits;
  private readonly opening = new Map<string, Promise<UnpackedArchive>>();

  constructor(private readonly options: FilesystemArchiveStoreOptions) {
    this.limits = { ...defaultLimits, ...options.limits };
  }

  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    return this.inTemporary(async (path) => {
      const hash = createHash('sha256');
      let bytes = 0;
      const measured = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of content) {
          hash.update(chunk);
          bytes += chunk.byteLength;
          yield chunk;
        }
      };
      await pipeline(measured(), createWriteStream(path, { flush: true }));
      const digest = hash.digest('hex');
      await mkdir(this.folder('packed'), { recursive: true });
      await rename(path, this.packed(digest));
      return { digest, bytes };
    });
  }

  open(digest: string): Promise<UnpackedArchive> {
    const known = this.opening.get(digest);
    if (known !== undefined) return known;
    const opening = this.openOnce(digest).finally(() => this.opening.delete(digest));
    this.opening.set(digest, opening);
    return opening;
  }

  async list(): Promise<readonly { digest: string; idleMs: number }[]> {
    const digests = (await this.entriesOf('packed')).filter((name) => digestPattern.test(name));
    const found = digests.map(async (digest) => {
      const { mtimeMs } = await stat(this.packed(digest));
      return { digest, idleMs: Math.max(0, Date.now() - mtimeMs) };
    });
    return Promise.all(found);
  }

  async remove(digest: string): Promise<void> {
    await rm(this.packed(digest), { force: true });
    await removeTree(this.unpacked(digest));
  }

  /** Removes what crashed processes have left half done. */
  async sweep(): Promise<void> {
    for (const name of await this.entriesOf('tmp')) {
      const path = join(this.folder('tmp'), name);
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs < abandonedAfterMs) continue;
      this.options.logger.info({ name }, 'removing what a crashed process has left half done');
      await removeTree(path);
    }
  }

  private async openOnce(digest: string): Promise<UnpackedArchive> {
    const directory = this.unpacked(digest);
    if (!(await exists(directory))) await this.unpackInto(digest, directory);
    else await this.touch(digest);
    return { digest, directory, readText: (path) => readText(join(directory, path), path) };
  }

  private async unpackInto(digest: string, directory: string): Promise<void> {
    if (!(await exists(this.packed(digest)))) {
      throw new TorchweaveError('archiveUnreadable', { reason: `the archive store has no archive ${digest}.` });
    }
    await this.inTemporary(async (folder) => {
      await mkdir(folder);
      await unpack(this.packed(digest), folder, this.limits);
      await makeReadOnly(folder);
      await mkdir(this.folder('unpacked'), { recursive: true });
      await rename(folder, directory).catch(async (error: unknown) => {
        // Another process was faster; what has the name is complete.
        if (!(await exists(directory))) throw error;
      });
    });
  }

  /** The archive is in use: reconcile must not take it for a forgotten one. */
  private async touch(digest: string): Promise<void> {
    const now = new Date();
    await utimes(this.packed(digest), now, now).catch((error: unknown) => {
      this.options.logger.debug({ digest, err: error }, 'the archive cannot be marked as used');
    });
  }

  private async inTemporary<T>(work: (path: string) => Promise<T>): Promise<T> {
    await mkdir(this.folder('tmp'), { recursive: true });
    const path = join(this.folder('tmp'), randomUUID());
    try {
      return await work(path);
    } catch (error) {
      throw explain(error);
    } finally {
      await removeTree(path);
    }
  }

  private async entriesOf(kind: 'packed' | 'tmp'): Promise<string[]> {
    return readdir(this.folder(kind)).catch(() => []);
  }

  private folder(kind: 'packed' | 'unpacked' | 'tmp'): string {
    return join(this.options.directory, kind);
  }
  private packed(digest: string): string {
    return join(this.folder('packed'), assertDigest(digest));
  }
  private unpacked(digest: string): string {
    return join(this.folder('unpacked'), assertDigest(digest));
  }
}

function assertDigest(digest: string): string {
  if (!digestPattern.test(digest)) throw new TorchweaveError('internal', { reason: `"${digest}" is no sha-256` });
  return digest;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function readText(path: string, name: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size > maxTextBytes) throw new TorchweaveError('archiveEntryRefused', { entry: name, reason: 'it is too large.' });
    return await readFile(file, 'utf8');
  } finally {
    await file.close();
  }
}

function explain(error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return error;
  return new TorchweaveError('archiveStoreFull', {}, { cause: error });
}
