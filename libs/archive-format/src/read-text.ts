import { isInsidePath, TorchweaveError } from '@torchweave/domain';
import { codeOf } from '@torchweave/kernel';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { bytesBetween } from './bytes-between.js';

/** bytes of a manifest, a spec or another small text. */
const maxTextBytes = 1_048_576;

function refuse(entry: string, reason: string): never {
  throw new TorchweaveError('archiveEntryRefused', { entry, reason });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/**
 * Reads a small UTF-8 text of an unpacked archive; undefined where it has no such file.
 *
 * @throws TorchweaveError `archiveEntryRefused` for a file of more than 1 MiB and for one that is not UTF-8.
 */
export async function readText(directory: string, path: string): Promise<string | undefined> {
  const bytes = await readBytes(directory, path, maxTextBytes);
  return bytes === undefined ? undefined : decode(bytes, path);
}

/**
 * Reads a small file of an unpacked archive; undefined where it has none of that name.
 *
 * @throws TorchweaveError `archiveEntryRefused` for one of more than `maxBytes`.
 */
export async function readBytes(directory: string, path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = isInsidePath(path) ? await openIfThere(join(directory, path)) : undefined;
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > maxBytes) refuse(path, `it has more than ${maxBytes} bytes`);
    // What is unpacked does not change: asked for by its size, it takes one call to the system, and no second for its end.
    return await buffer(bytesBetween(file, 0, stats.size));
  } finally {
    await file.close();
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(path, 'it is not UTF-8 text');
  }
}
