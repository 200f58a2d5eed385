import type { NodeInput } from '@torchweave/domain';

/** One request of a frame: a function gets one, a model up to its batch size. */
export interface RequestRow {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly input: NodeInput;
}

/** How the Python side decodes a value; the numbers are on the wire. */
const asBytes = 0;
const asText = 1;
const asJson = 2;

const headSize = 16;
const rowSize = 8;
const fieldSize = 9;
/** Values up to this size are copied behind the head: cheaper than a buffer of their own in the write. */
const copyLimit = 4_096;

/**
 * A request as the process reads it, in the layout that `frames.py` describes. Large values stay where they are.
 *
 * @param entry index of the function, 0 for a model.
 */
export function encodeRequest(callId: number, entry: number, rows: readonly RequestRow[]): Buffer[] {
  const blobs = rows.map((row) => headersBlob(row.headers));
  let headLength = headSize;
  let valuesLength = 0;
  let copied = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const { requestId, input } = at(rows, i);
    headLength += rowSize + Buffer.byteLength(requestId) + at(blobs, i).length;
    for (const { name, contentType, value } of input) {
      headLength += fieldSize + Buffer.byteLength(name) + Buffer.byteLength(contentType ?? '');
      valuesLength += value.length;
      if (value.length <= copyLimit) copied += value.length;
    }
  }
  const frame = Buffer.allocUnsafe(headLength + copied);
  writeHead(frame, headLength, callId, entry, rows, blobs);
  frame.writeUInt32LE(valuesLength, 4);
  return writeValues(frame, headLength, rows);
}

/** Takes the call of that number back, if the process has not begun it. */
export function encodeTakeBack(callId: number): Buffer {
  const frame = Buffer.alloc(headSize);
  writeStart(frame, headSize, callId, 0, 0);
  return frame;
}

function writeStart(frame: Buffer, headLength: number, callId: number, entry: number, rows: number): void {
  frame.writeUInt32LE(headLength - 8, 0);
  frame.writeUInt32LE(callId, 8);
  frame.writeUInt16LE(entry, 12);
  frame.writeUInt16LE(rows, 14);
}

function writeHead(
  frame: Buffer,
  headLength: number,
  callId: number,
  entry: number,
  rows: readonly RequestRow[],
  blobs: readonly Buffer[],
): void {
  writeStart(frame, headLength, callId, entry, rows.length);
  let offset = headSize;
  for (let i = 0; i < rows.length; i += 1) {
    const { requestId, input } = at(rows, i);
    const blob = at(blobs, i);
    const idLength = frame.write(requestId, offset + rowSize);
    frame.writeUInt16LE(idLength, offset);
    frame.writeUInt32LE(blob.length, offset + 2);
    frame.writeUInt16LE(input.length, offset + 6);
    offset += rowSize + idLength;
    frame.set(blob, offset);
    offset += blob.length;
    for (const { name, contentType, value } of input) {
      const nameLength = frame.write(name, offset + fieldSize);
      const typeLength = contentType === undefined ? 0 : frame.write(contentType, offset + fieldSize + nameLength);
      frame.writeUInt8(decodingOf(contentType), offset);
      frame.writeUInt16LE(nameLength, offset + 1);
      frame.writeUInt16LE(typeLength, offset + 3);
      frame.writeUInt32LE(value.length, offset + 5);
      offset += fieldSize + nameLength + typeLength;
    }
  }
}

function writeValues(frame: Buffer, headLength: number, rows: readonly RequestRow[]): Buffer[] {
  const chunks: Buffer[] = [];
  let chunkStart = 0;
  let offset = headLength;
  for (const { input } of rows) {
    for (const { value } of input) {
      if (value.length <= copyLimit) {
        frame.set(value, offset);
        offset += value.length;
      } else {
        if (offset > chunkStart) chunks.push(frame.subarray(chunkStart, offset));
        chunks.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        chunkStart = offset;
      }
    }
  }
  if (offset > chunkStart) chunks.push(chunkStart === 0 ? frame : frame.subarray(chunkStart, offset));
  return chunks;
}

/** All nodes of one request share its headers object, and so the blob. */
const blobsOfHeaders = new WeakMap<Readonly<Record<string, string>>, Buffer>();

function headersBlob(headers: Readonly<Record<string, string>>): Buffer {
  let blob = blobsOfHeaders.get(headers);
  if (blob === undefined) {
    blob = Buffer.from(JSON.stringify(headers));
    blobsOfHeaders.set(headers, blob);
  }
  return blob;
}

/** TorchServe compares the media type without its parameters, which its frontend has cut off. */
function decodingOf(contentType: string | undefined): number {
  if (contentType === undefined || contentType === '') return asBytes;
  if (contentType.startsWith('text')) return asText;
  const mediaType = contentType.split(';', 1)[0] ?? '';
  return mediaType.trim() === 'application/json' ? asJson : asBytes;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}
