import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 65_536;

/** What a file has from `start` to before `end`. @throws Error when it ends earlier. */
export async function* bytesBetween(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(chunkBytes, end - at)), { position: at });
    if (bytesRead === 0) throw new Error('unexpected end of file');
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
