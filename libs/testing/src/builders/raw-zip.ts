import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a zip, byte by byte. What is left out is as an honest archiver writes it. */
export interface RawZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Compression method: 0 stores, 8 deflates, anything else stores and lies. */
  readonly method?: number;
  /** General-purpose flags: 0x1 encrypted, 0x800 names are UTF-8. */
  readonly flags?: number;
  /** A Unix mode with its file type: 0o120777 is a link, 0o040755 a folder. */
  readonly unixMode?: number;
  readonly crc?: number;
  /** The inflated size that the archive claims. */
  readonly size?: number;
  /** Bytes in the place of the compressed content. */
  readonly packed?: Buffer;
  readonly extra?: Buffer;
}

const deflated = 8;
const unix = 3;

interface Parts {
  readonly local: Buffer;
  readonly central: Buffer;
}

function partsOf(entry: RawZipEntry, offset: number): Parts {
  const { method = deflated, flags = 0x800, unixMode = 0o100644, extra = Buffer.alloc(0) } = entry;
  const name = Buffer.from(entry.name);
  const content = Buffer.from(entry.content ?? '');
  const packed = entry.packed ?? (method === deflated ? deflateRawSync(content) : content);
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(flags, 2);
  shared.writeUInt16LE(method, 4);
  shared.writeUInt16LE(0x21, 8);
  shared.writeUInt32LE(entry.crc ?? crc32(content), 10);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(entry.size ?? content.length, 18);
  shared.writeUInt16LE(name.length, 22);
  shared.writeUInt16LE(extra.length, 24);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((unixMode << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return {
    local: Buffer.concat([Buffer.from('PK\x03\x04'), shared, name, extra, packed]),
    central: Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, unix]), shared, rest, name, extra]),
  };
}

/** Writes a zip as told, honest or not. */
export function rawZip(entries: readonly RawZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { local, central } = partsOf(entry, offset);
    locals.push(local);
    centrals.push(central);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
