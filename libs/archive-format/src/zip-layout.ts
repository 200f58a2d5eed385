import type { FileHandle } from 'node:fs/promises';
import { textOf } from './tar-header.js';
import { readBytes, readZipDirectory, refuseZip, zip64Reader, type DirectoryEntry } from './zip-directory.js';
import type { ArchiveLimits } from './limits.js';

const localSignature = 0x04034b50;
const localBytes = 30;
const descriptorSignature = 0x08074b50;
const encrypted = 0x1;
/** Checksum and sizes come behind the content, in a descriptor. */
const describedLater = 0x8;

/** Where an entry lies in the file. */
interface Extent {
  readonly entry: DirectoryEntry;
  readonly start: number;
  /** Behind its content; a descriptor may follow. */
  readonly end: number;
  readonly hasDescriptor: boolean;
  /** Whether its local header says all, so that it may go without a descriptor. */
  readonly isComplete: boolean;
}

const show = ({ name }: DirectoryEntry): string => `"${textOf(name)}"`;

/** Reads the header in front of an entry's content, which has to say what the directory says. */
async function readLocal(file: FileHandle, entry: DirectoryEntry, limit: number): Promise<Extent> {
  const start = entry.offset;
  if (start + localBytes > limit) return refuseZip(`is corrupt: its entry ${show(entry)} lies outside of it`);
  const header = await readBytes(file, start, start + localBytes);
  if (header.readUInt32LE(0) !== localSignature) return refuseZip(`is corrupt: its entry ${show(entry)} has no header`);
  const nameAt = start + localBytes;
  const extraAt = nameAt + header.readUInt16LE(26);
  const contentAt = extraAt + header.readUInt16LE(28);
  const end = contentAt + entry.packedSize;
  if (end > limit) return refuseZip(`is corrupt: its entry ${show(entry)} lies outside of it`);
  const rest = await readBytes(file, nameAt, contentAt);
  const name = rest.subarray(0, extraAt - nameAt);
  if (!name.equals(entry.name)) {
    return refuseZip(`has an entry with two names, ${show(entry)} and "${textOf(name)}"`);
  }
  const flags = header.readUInt16LE(6);
  const whole = zip64Reader(rest.subarray(extraAt - nameAt));
  const [size, packedSize] = [whole(header.readUInt32LE(22)), whole(header.readUInt32LE(18))];
  const hasDescriptor = (flags & describedLater) !== 0;
  const told: readonly (readonly [number, number])[] = [
    [header.readUInt32LE(14), entry.crc],
    [packedSize, entry.packedSize],
    [size, entry.size],
  ];
  const isComplete = told.every(([local, central]) => local === central);
  const isLeftOpen = hasDescriptor && told.every(([local, central]) => local === central || isOpen(local));
  const isSame =
    header.readUInt16LE(8) === entry.method && ((flags ^ entry.flags) & encrypted) === 0 && (isComplete || isLeftOpen);
  if (!isSame) return refuseZip(`says two things of its entry ${show(entry)}: before its content and in its directory`);
  return { entry, start, end, hasDescriptor, isComplete };
}

/** A number that is not known yet when the header is written. */
const isOpen = (value: number): boolean => value === 0 || value === 0xffffffff;

/** The descriptors that archivers write, with and without a signature, of 32 and of 64 bits: by their length. */
function isDescriptor(bytes: Buffer, { crc, packedSize, size }: DirectoryEntry): boolean {
  const hasSignature = bytes.length === 16 || bytes.length === 24;
  if (hasSignature && bytes.readUInt32LE(0) !== descriptorSignature) return false;
  const said = hasSignature ? bytes.subarray(4) : bytes;
  if (said.length !== 12 && said.length !== 20) return false;
  const width = (said.length - 4) / 2;
  const sizes = [4, 4 + width].map((at) => (width === 4 ? said.readUInt32LE(at) : Number(said.readBigUInt64LE(at))));
  return said.readUInt32LE(0) === crc && sizes[0] === packedSize && sizes[1] === size;
}

async function assertNothingBetween(file: FileHandle, extent: Extent, next: number): Promise<void> {
  const { entry, end, hasDescriptor, isComplete } = extent;
  if (next < end) refuseZip(`has entries that share bytes: ${show(entry)} and another one`);
  if (next === end && (!hasDescriptor || isComplete)) return;
  const isDescribed = hasDescriptor && next - end <= 24 && isDescriptor(await readBytes(file, end, next), entry);
  if (!isDescribed) refuseZip(`has bytes behind its entry ${show(entry)} that belong to none`);
}

/**
 * Makes sure that a zip says one thing to every reader, whether it goes by the directory or by the headers in front of the
 * entries: both say the same, and every byte belongs to one of them.
 *
 * @throws TorchweaveError `archiveUnreadable`, `archiveLimitExceeded`; what the file system throws.
 */
export async function assertPlainZip(file: FileHandle, bytes: number, limits: ArchiveLimits): Promise<void> {
  const { entries, offset } = await readZipDirectory(file, bytes, limits);
  const extents: Extent[] = [];
  for (const entry of entries) {
    const extent = await readLocal(file, entry, offset);
    // Some archivers give a folder a content that inflates to nothing.
    if (entry.name.at(-1) === 0x2f && entry.size > 0) refuseZip(`has a folder with content, ${show(entry)}`);
    extents.push(extent);
  }
  extents.sort((a, b) => a.start - b.start);
  if ((extents[0]?.start ?? offset) !== 0) refuseZip('has bytes before its first entry');
  for (const [i, extent] of extents.entries())
    await assertNothingBetween(file, extent, extents[i + 1]?.start ?? offset);
}
