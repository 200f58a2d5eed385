import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveStore, UnpackedArchive } from '@torchweave/application';
import { refused } from './model-errors.js';

/** Brings the bytes behind a URL; the composition root gives one that keeps to its allow-list. */
export type FetchModel = (url: string, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

export interface ModelSourceOptions {
  /** The folder of `.mar` files. */
  readonly modelStore: string;
  readonly archives: ArchiveStore;
  readonly fetchModel?: FetchModel | undefined;
}

const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Finds a model's archive, in the model store or behind a URL, and unpacks it. */
export class ModelSource {
  constructor(private readonly options: ModelSourceOptions) {}

  /** @throws TorchweaveError `modelServerRefused`, status 404, with TorchServe's words; or of the archive's fault. */
  async open(url: string, signal: AbortSignal): Promise<UnpackedArchive> {
    const { archives } = this.options;
    const content = scheme.test(url) ? await this.fetch(url, signal) : await this.read(url);
    const { digest } = await archives.put(content);
    try {
      return await archives.open(digest);
    } catch (error) {
      // Nobody has it unpacked, so nobody needs it packed.
      await archives.remove(digest).catch(() => undefined);
      throw error;
    }
  }

  private fetch(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { fetchModel } = this.options;
    if (fetchModel === undefined) throw refused(404, `Model not found at: ${url}`);
    return fetchModel(url, signal);
  }

  private async read(file: string): Promise<AsyncIterable<Uint8Array>> {
    if (file.includes('..')) throw refused(404, `Relative path is not allowed in url: ${file}`);
    // A name alone: neither a subfolder nor a path of this machine.
    if (file === '' || /[/\\\0]/.test(file)) throw refused(404, `Model not found at: ${file}`);
    const path = join(this.options.modelStore, file);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isFile()) throw refused(404, `Model not found at: ${file}`);
    return createReadStream(path);
  }
}
