import type { ArchiveStore, ModelRegistration } from '@torchweave/application';
import { isUrl } from '@torchweave/domain';
import { SerialTasks } from '@torchweave/kernel';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { copyFolder, fingerprintOf } from './copied-folder.js';
import { rejected } from './model-errors.js';
import { ModelFolders } from './model-folders.js';

export interface ModelSourceOptions {
  /** The folder of `.mar` files, and of models that are folders. */
  readonly modelStore: string;
  /** For models alone: an archive is kept there only until it is unpacked. */
  readonly archives: ArchiveStore;
  /** Where each registered model has its folder. Default: beside the sockets of the processes, where any user of theirs can enter it. */
  readonly modelFolders?: string | undefined;
}

/** A model's files, in a folder of its own that it may write to. */
export interface ModelFiles {
  /** Tells the content apart from any other. */
  readonly digest: string;
  readonly directory: string;
}

/** Finds what a registration names and unpacks it into a folder of the model's own. */
export class ModelSource {
  private readonly folders: ModelFolders;
  private readonly unpacking = new SerialTasks();
  /** Archives that are being stored or unpacked, and those that nobody needs when none is. */
  private busy = 0;
  private readonly unneeded = new Set<string>();

  /** @param elsewhere where folders are where `modelFolders` is absent. */
  constructor(
    private readonly options: ModelSourceOptions,
    elsewhere: () => Promise<string>,
  ) {
    this.folders = new ModelFolders(options.modelFolders, elsewhere);
  }

  /**
   * Whoever opens gives the folder back with {@link remove}.
   *
   * @throws TorchweaveError `modelRejected` with TorchServe's words; or of the archive's fault.
   */
  async open(model: ModelRegistration, signal: AbortSignal): Promise<ModelFiles> {
    const directory = await this.folders.next();
    try {
      return { directory, digest: await this.fill(directory, model, signal) };
    } catch (error) {
      await this.remove(directory);
      throw error;
    }
  }

  remove(directory: string): Promise<void> {
    return this.folders.remove(directory);
  }

  /** Removes every folder. */
  close(): Promise<void> {
    return this.folders.close();
  }

  private async fill(directory: string, { url, archive }: ModelRegistration, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    if (archive !== undefined) {
      const { content } = await archive.read();
      return this.unpack(content, directory);
    }
    const path = await this.find(url);
    if ((await stat(path)).isFile()) {
      // A stream that is made with an aborted signal fails where nobody can listen yet.
      signal.throwIfAborted();
      return this.unpack(createReadStream(path, { signal }), directory);
    }
    await copyFolder(path, directory, url);
    return fingerprintOf(path);
  }

  private async unpack(content: AsyncIterable<Uint8Array>, directory: string): Promise<string> {
    const { archives } = this.options;
    this.busy += 1;
    try {
      const { digest } = await archives.put(content);
      this.unneeded.add(digest);
      await this.unpacking.run(digest, () => archives.unpackTo(digest, directory));
      return digest;
    } finally {
      this.busy -= 1;
      // While others are at work one of these may be theirs.
      if (this.busy === 0) await this.removeUnneeded();
    }
  }

  private async removeUnneeded(): Promise<void> {
    const digests = [...this.unneeded];
    this.unneeded.clear();
    for (const digest of digests) {
      if (this.busy === 0) await this.options.archives.remove(digest);
      else this.unneeded.add(digest);
    }
  }

  /** The path of a file or folder of the model store: by its name, with `./` before it, or by a path into the store. */
  private async find(url: string): Promise<string> {
    const missing = (): Error => rejected(`Model not found at: ${url}`);
    if (isUrl(url)) throw missing();
    if (url.includes('..')) throw rejected(`Relative path is not allowed in url: ${url}`);
    const name = this.nameInStore(url);
    // A name alone: no subfolder.
    if (name === '' || name === '.' || /[/\\\0]/.test(name)) throw missing();
    const path = join(this.options.modelStore, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() === true || (found?.isDirectory() === true && (await isModelFolder(path)))) return path;
    throw missing();
  }

  private nameInStore(url: string): string {
    if (!isAbsolute(url)) return url.replace(/^(?:\.\/+)+/, '');
    const name = relative(this.options.modelStore, url);
    return name.startsWith('..') ? url : name;
  }
}

/** True for a folder that torch-model-archiver has written with `--archive-format no-archive`, in the store itself. */
async function isModelFolder(path: string): Promise<boolean> {
  const manifest = await realpath(join(path, 'MAR-INF', 'MANIFEST.json')).catch(() => '');
  return manifest.startsWith((await realpath(path)) + sep);
}
