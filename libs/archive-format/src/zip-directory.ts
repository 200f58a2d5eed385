import { TorchweaveError } from '@torchweave/domain';
import type { FileHandle } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { bytesBetween } from './bytes-between.js';
import type { ArchiveLimits } from './limits.js';

/** An entry as the directory of a zip has it. */
export interface DirectoryEntry {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

/** The directory of a zip, which ends where the file does. */
export interface ZipDirectory {
  readonly entries: readonly DirectoryEntry[];
  /** Where it begins. */
  readonly offset: number;
}

const signatures = { entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 };
const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const longestComment = 0xffff;
const inZip64 = { short: 0xffff, long: 0xffffffff };
const unicodePath = 0x7075;

/** @throws TorchweaveError `archiveUnreadable` */
export function refuseZip(reason: string): never {
  throw new TorchweaveError('archiveUnreadable', { reason: `the zip ${reason}` });
}

export const readBytes = (file: FileHandle, start: number, end: number): Promise<Buffer> =>
  buffer(bytesBetween(file, start, end));

function longOf(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : refuseZip('has a number that is out of bounds');
}

interface End {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** Where the end records begin, and the directory has to end. */
  readonly at: number;
}

/** The end record, which has to be the last thing of the file. */
async function readEnd(file: FileHandle, bytes: number): Promise<End> {
  const from = Math.max(0, bytes - endBytes - longestComment);
  const tail = await readBytes(file, from, bytes);
  const last = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (last === -1 || last + endBytes > tail.length) return refuseZip('is truncated: it has no end record');
  const end = tail.subarray(last);
  const leftOver = end.length - endBytes - end.readUInt16LE(20);
  if (leftOver > 0) return refuseZip('has bytes behind its end');
  if (leftOver < 0) return refuseZip('is truncated: its comment is cut off');
  const told = {
    count: end.readUInt16LE(10),
    size: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
    at: from + last,
  };
  if (end.readUInt32LE(4) !== 0 || end.readUInt16LE(8) !== told.count) return refuseZip('is a part of several');
  return (await readEnd64(file, told)) ?? told;
}

async function readEnd64(file: FileHandle, end: End): Promise<End | undefined> {
  if (end.at < locatorBytes + end64Bytes) return undefined;
  const locator = await readBytes(file, end.at - locatorBytes, end.at);
  if (locator.readUInt32LE(0) !== signatures.locator64) return undefined;
  const at = longOf(locator, 8);
  // It may say more at its end, which nobody does.
  if (at + end64Bytes !== end.at - locatorBytes) return refuseZip('is corrupt: its zip64 end record is elsewhere');
  const end64 = await readBytes(file, at, at + end64Bytes);
  if (end64.readUInt32LE(0) !== signatures.end64 || longOf(end64, 4) !== end64Bytes - 12) {
    return refuseZip('is corrupt: its zip64 end record is none');
  }
  const long = { count: longOf(end64, 32), size: longOf(end64, 40), offset: longOf(end64, 48), at };
  const agrees = (short: number, mark: number, whole: number): boolean => short === mark || short === whole;
  const isOne =
    longOf(end64, 16) === 0 &&
    longOf(end64, 24) === long.count &&
    agrees(end.count, inZip64.short, long.count) &&
    agrees(end.size, inZip64.long, long.size) &&
    agrees(end.offset, inZip64.long, long.offset);
  return isOne ? long : refuseZip('has two end records that do not agree');
}

/** The fields of an extra block, by their number. */
function* extraFields(extra: Buffer): Generator<{ readonly id: number; readonly data: Buffer }> {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    // Archivers pad with whatever they like; what is no field is none.
    if (end > extra.length) return;
    yield { id: extra.readUInt16LE(at), data: extra.subarray(at + 4, end) };
    at = end;
  }
}

/** Takes numbers that do not fit from the zip64 field, in their order. */
export function zip64Reader(extra: Buffer): (value: number) => number {
  const field = [...extraFields(extra)].find(({ id }) => id === 1)?.data ?? Buffer.alloc(0);
  let at = 0;
  return (value) => {
    if (value !== inZip64.long || at + 8 > field.length) return value;
    at += 8;
    return longOf(field, at - 8);
  };
}

/** Archivers give a name in Unicode beside one that is in another encoding; one in ASCII needs none. */
function assertOneName(name: Buffer, extra: Buffer): void {
  if (name.some((byte) => byte > 0x7f)) return;
  const other = [...extraFields(extra)].find(({ id }) => id === unicodePath)?.data.subarray(5);
  if (other !== undefined && !other.equals(name)) {
    refuseZip(`has an entry with two names, "${name.toString('latin1')}" and "${other.toString('utf8')}"`);
  }
}

async function refuseGap(file: FileHandle, directoryEnd: number, bytes: number): Promise<never> {
  const found = await readBytes(file, directoryEnd, Math.min(directoryEnd + 4, bytes)).catch(() => Buffer.alloc(0));
  const isEnd = found.length === 4 && found.readUInt32LE(0) === signatures.end;
  return refuseZip(isEnd ? 'has several end records' : 'has bytes before it, or between its directory and its end');
}

/**
 * Reads the directory of a zip, strictly: nothing lies behind it, it says all there is, and there is one.
 *
 * @throws TorchweaveError `archiveUnreadable`, `archiveLimitExceeded`; what the file system throws.
 */
export async function readZipDirectory(file: FileHandle, bytes: number, limits: ArchiveLimits): Promise<ZipDirectory> {
  const { count, size, offset, at: end } = await readEnd(file, bytes);
  if (count > limits.maxEntries) {
    throw new TorchweaveError('archiveLimitExceeded', { limit: 'entries', allowed: limits.maxEntries });
  }
  if (size > limits.maxHeadersBytes) {
    throw new TorchweaveError('archiveLimitExceeded', { limit: 'bytes of directory', allowed: limits.maxHeadersBytes });
  }
  if (offset + size !== end) return refuseGap(file, offset + size, bytes);
  const directory = await readBytes(file, offset, end);
  const entries: DirectoryEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > size || directory.readUInt32LE(at) !== signatures.entry) return refuseZip('has a corrupt directory');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => directory.readUInt16LE(at + place));
    const header = directory.subarray(at, at + 46);
    const extraAt = at + 46 + (nameBytes ?? 0);
    const extraEnd = extraAt + (extraBytes ?? 0);
    const next = extraEnd + (commentBytes ?? 0);
    if (next > size) return refuseZip('has a corrupt directory');
    entries.push(entryOf(header, directory.subarray(at + 46, extraAt), directory.subarray(extraAt, extraEnd)));
    at = next;
  }
  if (at !== size) return refuseZip('has more in its directory than it says');
  return { entries, offset };
}

function entryOf(header: Buffer, name: Buffer, extra: Buffer): DirectoryEntry {
  assertOneName(name, extra);
  const whole = zip64Reader(extra);
  const size = whole(header.readUInt32LE(24));
  const packedSize = whole(header.readUInt32LE(20));
  return {
    name,
    flags: header.readUInt16LE(8),
    method: header.readUInt16LE(10),
    crc: header.readUInt32LE(16),
    packedSize,
    size,
    offset: whole(header.readUInt32LE(42)),
  };
}
