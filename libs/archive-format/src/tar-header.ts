import { isUtf8 } from 'node:buffer';

export const blockBytes = 512;

/** One header block of a tar. */
export interface TarHeader {
  /** As the block has it; an entry may have a longer one before it. */
  readonly name: string;
  /** The letter or digit of the type. */
  readonly type: string;
  readonly size: number;
}

/** A header that cannot be what an archiver has written; its message is a part of a sentence about the tar. */
export class TarFormatError extends Error {}

/** Names are UTF-8; what is not can only be some old code page, and any reading of it does. */
export const textOf = (bytes: Buffer): string => bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');

/** What comes before the first NUL. */
export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

/** Octal digits, or, where the first bit is set, a number of base 256. */
function numberOf(field: Buffer): number {
  if ((field[0] ?? 0) >= 0x80) {
    const bytes = Buffer.from(field);
    bytes[0] = (bytes[0] ?? 0) & 0x7f;
    const value = BigInt(`0x${bytes.toString('hex')}`);
    if ((field[0] ?? 0) === 0x80 && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new TarFormatError('a number in it is out of bounds');
  }
  const digits = untilNul(field).toString('latin1').trim();
  if (!/^[0-7]*$/.test(digits)) throw new TarFormatError('a number in it is none');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function assertChecksum(block: Buffer): void {
  const expected = numberOf(block.subarray(148, 156));
  let [unsigned, signed] = [0, 0];
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
    unsigned += byte;
    // Old archivers took bytes for signed.
    signed += byte > 127 ? byte - 256 : byte;
  }
  if (expected !== unsigned && expected !== signed) throw new TarFormatError('the checksum of a header in it is wrong');
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** @throws TarFormatError for a block that is no header. */
export function parseTarHeader(block: Buffer): TarHeader {
  assertChecksum(block);
  const name = textOf(untilNul(block.subarray(0, 100)));
  // GNU's own format, `ustar` and two blanks, keeps other things there.
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? textOf(untilNul(block.subarray(345, 500))) : '';
  const type = String.fromCharCode(block[156] ?? 0);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: type === '\0' ? (name.endsWith('/') ? '5' : '0') : type,
    size: numberOf(block.subarray(124, 136)),
  };
}

/** What the records of a pax header say that matters here. */
export interface PaxRecords {
  readonly path?: string;
  readonly size?: number;
  /** A file with holes, whose content is a map of them. */
  readonly isSparse: boolean;
}

/** Digits of a record's length that the largest header can need. */
const maxLengthDigits = 6;

/**
 * Reads the records of a pax header, `LENGTH KEY=VALUE\n` each.
 *
 * @throws TarFormatError
 */
export function parsePax(bytes: Buffer): PaxRecords {
  const known = new Map<string, Buffer>();
  let isSparse = false;
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at);
    const digits = blank === -1 || blank - at > maxLengthDigits ? '' : bytes.toString('latin1', at, blank);
    const end = at + Number(/^[1-9]\d*$/.test(digits) ? digits : Number.NaN);
    const equals = bytes.indexOf(0x3d, blank);
    if (!(end <= bytes.length) || bytes[end - 1] !== 0x0a || equals === -1 || equals >= end) {
      throw new TarFormatError('a pax header in it is malformed');
    }
    const key = bytes.toString('latin1', blank + 1, equals);
    if (key.startsWith('GNU.sparse.')) isSparse = true;
    if (key === 'path' || key === 'size') {
      if (known.has(key)) throw new TarFormatError(`a pax header in it has two records "${key}"`);
      known.set(key, bytes.subarray(equals + 1, end - 1));
    }
    at = end;
  }
  const [path, size] = [known.get('path'), known.get('size')];
  return {
    isSparse,
    ...(path === undefined ? {} : { path: textOf(path) }),
    ...(size === undefined ? {} : { size: Number(size.toString('latin1')) }),
  };
}
