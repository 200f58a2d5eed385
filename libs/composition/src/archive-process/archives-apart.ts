import type { ArchiveSource, Logger, SpecReader } from '@torchweave/application';
import { createArchiveSource, type ArchiveSourceOptions } from '@torchweave/archive-source';
import { TorchweaveError, type SpecReading } from '@torchweave/domain';
import type { Unpack } from '@torchweave/archive-format';
import type { ArchiveProcess } from './archive-process.js';
import { ArchiveProcesses } from './archive-processes.js';

export interface ArchivesApartOptions {
  readonly source: Omit<ArchiveSourceOptions, 'lookup'>;
  /** Of the server's process; the others see a harmless part of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** Enough for any archive within its limits; a spec, a directory of a zip and pax headers are what takes some. */
const memory = { heapMiB: 256, residentMiB: 512 };
const readers = { atOnce: 4, idleMs: 10_000 };
const fetchers = { atOnce: 8, idleMs: 0 };
/** ms. */
const limits = { unpackMs: 300_000, specMs: 15_000 };
/** ms that a process has to give up a transfer by itself when its time is over. */
const graceMs = 10_000;

/** What says how to connect, how to write, and where certificates are; no address and no key. */
const passedOn = ['LANG', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

function environmentOf(source: ArchivesApartOptions['environment']): Record<string, string> {
  return Object.fromEntries(passedOn.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])));
}

const isUrl = (url: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(url);

/**
 * Fetches, unpacks and parses in processes of their own, with limits of time and memory: whatever an archive or a web server
 * does there, api, worker and gateway answer on.
 */
export class ArchivesApart {
  private readonly readers: ArchiveProcesses;
  private readonly fetchers: ArchiveProcesses;

  constructor(private readonly options: ArchivesApartOptions) {
    const { logger } = options;
    const process = { ...memory, environment: environmentOf(options.environment), logger };
    this.readers = new ArchiveProcesses({ ...process, ...readers });
    this.fetchers = new ArchiveProcesses({ ...process, ...fetchers });
  }

  /** For the archive store. */
  readonly unpack: Unpack = async (packed, into, archiveLimits) => {
    const work = { kind: 'unpack', packed, into, limits: archiveLimits } as const;
    return (await this.readers.run({ work, limitMs: limits.unpackMs })) as string;
  };

  readonly specs: SpecReader = {
    inspect: async (text, file) => {
      const work = { kind: 'inspect-spec', text, file } as const;
      return (await this.readers.run({ work, limitMs: limits.specMs })) as SpecReading;
    },
  };

  /** Files of the workflow store are only copied, so they need no other process. */
  createSource(): ArchiveSource {
    const here = createArchiveSource(this.options.source);
    return { open: (url, signal) => (isUrl(url) ? this.fetch(url, signal) : here.open(url, signal)) };
  }

  async close(): Promise<void> {
    await Promise.all([this.readers.close(), this.fetchers.close()]);
  }

  private async fetch(url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    signal.throwIfAborted();
    const { source } = this.options;
    const process = await this.fetchers.start();
    const abort = (): void => process.kill();
    signal.addEventListener('abort', abort, { once: true });
    void process.ended.then(() => signal.removeEventListener('abort', abort));
    let opened: () => void = () => undefined;
    const isOpen = new Promise<void>((resolve) => (opened = resolve));
    const done = process
      .run({ work: { kind: 'fetch', url, source }, limitMs: source.totalTimeoutMs + graceMs, opened })
      .catch((error: unknown) => {
        throw signal.aborted ? signal.reason : asTransferFailure(error, url);
      });
    // Whoever never reads the bytes must not see their failure as an uncaught error.
    done.catch(() => undefined);
    await Promise.race([isOpen, done]);
    return readBytes(process, done as Promise<number>, url);
  }
}

/** A process that dies of a transfer, or of which nothing comes any more, is a failed transfer. */
function asTransferFailure(error: unknown, url: string): unknown {
  if (!(error instanceof TorchweaveError)) return error;
  const reasons: Readonly<Record<string, string>> = {
    archiveUnreadable: 'the transfer broke off',
    archiveLimitExceeded: 'it took too long or too much memory',
  };
  const reason = reasons[error.code];
  return reason === undefined ? error : new TorchweaveError('downloadFailed', { url, reason }, { cause: error });
}

async function* readBytes(process: ArchiveProcess, done: Promise<number>, url: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of process.bytes as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      yield chunk;
    }
    if ((await done) !== bytes) throw new TorchweaveError('downloadFailed', { url, reason: 'the transfer broke off' });
  } catch (error) {
    // What the process has said is the reason of a pipe that breaks.
    await done;
    throw error;
  } finally {
    process.kill();
  }
}
