import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '@torchweave/application';

import { isJsonObject } from './json.js';

const rewriteMs = 50;

/** The two APIs of TorchServe that have keys of their own. */
export type KeyKind = 'management' | 'inference';

/** Where the keys come from. With neither, none is sent. */
export interface KeySource {
  /** Keys that do not change; of no use beyond their 60 minutes. */
  readonly keys?: { readonly management?: string | undefined; readonly inference?: string | undefined } | undefined;
  /** TorchServe's key_file.json, in its working directory; it follows every renewal, and wins over `keys`. */
  readonly keyFile?: string | undefined;
}

/** Asks TorchServe for a new key (`GET /token`). It answers nothing: the key appears in key_file.json only. */
export type RequestRenewal = (kind: KeyKind, apiKey: string) => Promise<void>;

interface FileKeys {
  readonly management: string | undefined;
  readonly inference: string | undefined;
  readonly api: string | undefined;
}

/**
 * The keys of one TorchServe (util/TokenAuthorization.java). They expire after 60 minutes (`token_expiration_min`), so a
 * refused one is looked up again in the key file, and renewed with the API key that lies in it when it is still the same.
 */
export class KeyRing {
  private readonly known = new Map<KeyKind, string>();
  private readonly refreshing = new Map<KeyKind, Promise<boolean>>();
  private readonly keyFile: string | undefined;

  constructor(
    source: KeySource,
    private readonly requestRenewal: RequestRenewal,
    private readonly logger: Logger,
  ) {
    this.keyFile = source.keyFile;
    if (source.keys?.management !== undefined) this.known.set('management', source.keys.management);
    if (source.keys?.inference !== undefined) this.known.set('inference', source.keys.inference);
  }

  /** The key to send. With a key file there is none until the first refusal. */
  current(kind: KeyKind): string | undefined {
    return this.known.get(kind);
  }

  /** Looks for another key than the refused one. Resolves to whether there is one now; never rejects. */
  refresh(kind: KeyKind, refused: string | undefined): Promise<boolean> {
    const current = this.known.get(kind);
    if (current !== refused) return Promise.resolve(true);
    const running = this.refreshing.get(kind);
    if (running !== undefined) return running;
    const started = this.findOther(kind, refused).finally(() => this.refreshing.delete(kind));
    this.refreshing.set(kind, started);
    return started;
  }

  private async findOther(kind: KeyKind, refused: string | undefined): Promise<boolean> {
    if (this.keyFile === undefined) return false;
    try {
      const keys = await readKeyFile(this.keyFile);
      if (this.take(kind, keys[kind], refused)) return true;
      if (keys.api === undefined) return false;
      await this.requestRenewal(kind, keys.api);
      this.logger.info({ kind }, 'renewed the key of the model server');
      return this.take(kind, (await readKeyFile(this.keyFile))[kind], refused);
    } catch (error) {
      this.logger.warn({ kind, err: error }, 'the key of the model server cannot be read or renewed');
      return false;
    }
  }

  private take(kind: KeyKind, key: string | undefined, refused: string | undefined): boolean {
    if (key === undefined || key === refused) return false;
    this.known.set(kind, key);
    return true;
  }
}

/** @throws when the file cannot be read or is no JSON. */
async function readKeyFile(path: string): Promise<FileKeys> {
  const parsed = await readJson(path).catch(async () => {
    // TorchServe writes the file in place: it may be half there.
    await sleep(rewriteMs);
    return readJson(path);
  });
  return { management: keyOf(parsed, 'management'), inference: keyOf(parsed, 'inference'), api: keyOf(parsed, 'API') };
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

function keyOf(file: unknown, name: string): string | undefined {
  const entry = isJsonObject(file) ? file[name] : undefined;
  const key = isJsonObject(entry) ? entry['key'] : undefined;
  return typeof key === 'string' ? key : undefined;
}
