import type { ArchiveSource } from '@torchweave/application';
import { isUrl, TorchweaveError, toTorchweaveError } from '@torchweave/domain';

/** What a URL or a name of the workflow store gives: bytes, or whatever a transfer brings until it breaks or stands still. */
export type Content = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

export interface InMemoryArchiveSourceOptions {
  /** bytes; default: any number. */
  readonly maxArchiveBytes?: number;
  /** Whether a URL may be opened; default: any may. */
  readonly allows?: (url: string) => boolean;
}

/** {@link ArchiveSource} in this process: a world of archives by their URLs and names. */
export class InMemoryArchiveSource implements ArchiveSource {
  /** Every URL and name that was opened, in order. */
  readonly opened: string[] = [];

  constructor(
    /** URL or name to what it gives; may be changed at any time. */
    readonly contents = new Map<string, Content>(),
    private readonly options: InMemoryArchiveSourceOptions = {},
  ) {}

  open(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.opened.push(url);
    try {
      signal.throwIfAborted();
      return Promise.resolve(this.read(url, this.find(url), signal));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  private find(url: string): Content {
    const { allows = () => true } = this.options;
    if (isUrl(url) && !allows(url)) throw new TorchweaveError('urlNotAllowed', { url });
    if (url.includes('..')) throw new TorchweaveError('relativePath', { url });
    const content = this.contents.get(url);
    if (content !== undefined) return content;
    if (!isUrl(url)) throw new TorchweaveError('workflowNotInStore', { url });
    throw new TorchweaveError('downloadFailed', { url, reason: 'the server answered 404' });
  }

  private async *read(url: string, content: Content, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { maxArchiveBytes: limitBytes = Infinity } = this.options;
    const chunks = (typeof content === 'function' ? content() : chunksOf(Buffer.from(content)))[Symbol.asyncIterator]();
    try {
      for (let bytes = 0; ;) {
        const next = await unlessAborted(chunks.next(), signal);
        if (next.done === true) return;
        bytes += next.value.byteLength;
        if (bytes > limitBytes) throw new TorchweaveError('archiveTooLarge', { url, limitBytes });
        yield next.value;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { code, message: reason } = toTorchweaveError(error);
      throw code === 'internal' ? new TorchweaveError('downloadFailed', { url, reason }, { cause: error }) : error;
    }
  }
}

/** As a network brings them: not all at once. */
async function* chunksOf(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}

function unlessAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
