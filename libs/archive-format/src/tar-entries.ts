import { TorchweaveError } from '@torchweave/domain';
import { ByteSource } from './byte-source.js';
import { refuseEntry, type EntryKind } from './entry-names.js';
import type { ArchiveLimits } from './limits.js';
import {
  blockBytes,
  isZero,
  parsePax,
  parseTarHeader,
  TarFormatError,
  textOf,
  untilNul,
  type TarHeader,
} from './tar-header.js';

/** A file or folder of a tar. */
export interface TarEntry {
  readonly name: string;
  readonly kind: EntryKind;
  /** To be read before the next entry is asked for; what is not is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

const kinds: Readonly<Record<string, EntryKind>> = { '0': 'file', '7': 'file', '5': 'folder' };

/** Headers that only say something of the entry after them, or of all: pax, and GNU's long names. */
const pax = 'x';
const globalPax = 'g';
const longName = 'L';
const longLink = 'K';

/** What such headers have said of the next entry. */
interface Announced {
  path?: string;
  size?: number;
  isSparse: boolean;
  headers: number;
}

/** An entry has one of each kind, at most. */
const maxHeadersOfEntry = 4;

/** Reads the entries of a tar one after another. */
class TarReader {
  private readonly source: ByteSource;
  private headerBytes = 0;

  constructor(
    chunks: AsyncIterable<Uint8Array>,
    private readonly limits: ArchiveLimits,
  ) {
    this.source = new ByteSource(chunks);
  }

  async *entries(): AsyncGenerator<TarEntry> {
    let announced: Announced = { isSparse: false, headers: 0 };
    for (;;) {
      const block = await this.source.take(blockBytes);
      if (block === undefined || isZero(block)) break;
      const header = parseTarHeader(block);
      if ([pax, globalPax, longName, longLink].includes(header.type)) {
        await this.announce(header, announced);
        continue;
      }
      const content = this.source.pass(header.size);
      yield entryOf(header, announced, content);
      for await (const _ of content) void _;
      await this.skipPadding(header.size);
      announced = { isSparse: false, headers: 0 };
    }
    if (announced.headers > 0) throw new TarFormatError('it ends behind a header that speaks of an entry');
    await this.assertOnlyZeros();
  }

  /** Lets go of the stream. */
  close(): Promise<void> {
    return this.source.close();
  }

  private async announce({ type, size }: TarHeader, announced: Announced): Promise<void> {
    const { maxHeaderBytes, maxHeadersBytes } = this.limits;
    if (size > maxHeaderBytes) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'bytes of one pax header', allowed: maxHeaderBytes });
    }
    this.headerBytes += size;
    if (this.headerBytes > maxHeadersBytes) {
      throw new TorchweaveError('archiveLimitExceeded', { limit: 'bytes of pax headers', allowed: maxHeadersBytes });
    }
    announced.headers += 1;
    if (announced.headers > maxHeadersOfEntry) {
      const limit = 'headers before one entry';
      throw new TorchweaveError('archiveLimitExceeded', { limit, allowed: maxHeadersOfEntry });
    }
    const bytes = (await this.source.take(size)) ?? Buffer.alloc(0);
    await this.skipPadding(size);
    if (type === longName) setPath(announced, textOf(untilNul(bytes)));
    if (type !== pax && type !== globalPax) return;
    const records = parsePax(bytes);
    if (type === globalPax && (records.path !== undefined || records.size !== undefined || records.isSparse)) {
      throw new TarFormatError('it gives all of its entries one name or size');
    }
    if (records.path !== undefined) setPath(announced, records.path);
    if (records.size !== undefined) announced.size = records.size;
    announced.isSparse ||= records.isSparse;
  }

  private async skipPadding(size: number): Promise<void> {
    for await (const _ of this.source.pass((blockBytes - (size % blockBytes)) % blockBytes)) void _;
  }

  private async assertOnlyZeros(): Promise<void> {
    for await (const chunk of this.source.remaining()) {
      if (!isZero(chunk)) throw new TarFormatError('it has bytes behind its end');
    }
  }
}

function setPath(announced: Announced, path: string): void {
  if (announced.path !== undefined) throw new TarFormatError('it gives an entry two names');
  announced.path = path;
}

function entryOf(header: TarHeader, announced: Announced, content: AsyncIterable<Uint8Array>): TarEntry {
  const name = announced.path ?? header.name;
  const kind = kinds[header.type];
  if (kind === undefined) refuseEntry(name, 'it is a link, a device or of an unknown type');
  if (announced.isSparse) refuseEntry(name, 'it is a file with holes');
  if (announced.size !== undefined && announced.size !== header.size) refuseEntry(name, 'it has two sizes');
  if (kind === 'folder' && header.size > 0) refuseEntry(name, 'it is a folder with content');
  return { name, kind, content };
}

/**
 * The entries of a tar, and the certainty that there is nothing else in it.
 *
 * @throws TarFormatError, TorchweaveError `archiveEntryRefused`, `archiveLimitExceeded`; what `chunks` throws.
 */
export async function* tarEntries(chunks: AsyncIterable<Uint8Array>, limits: ArchiveLimits): AsyncGenerator<TarEntry> {
  const reader = new TarReader(chunks, limits);
  try {
    yield* reader.entries();
  } finally {
    await reader.close();
  }
}
