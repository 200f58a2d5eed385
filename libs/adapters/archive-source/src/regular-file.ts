import { TorchweaveError } from '@torchweave/domain';
import { constants, open } from 'node:fs/promises';
import { limitBytes } from './limit-bytes.js';

export interface ReadOptions {
  /** The URL or name that errors carry. */
  readonly url: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Thrown for a folder, a device, a pipe or a socket. */
export class NotRegularFileError extends Error {
  override readonly name = 'NotRegularFileError';
}

/**
 * Opens a regular file for one reading.
 *
 * @param path free of links: see `realpath`.
 * @throws NotRegularFileError, TorchweaveError `archiveTooLarge`, or what the file system throws; the signal's reason.
 */
export async function readRegularFile(path: string, options: ReadOptions): Promise<AsyncIterable<Uint8Array>> {
  const { url, maxBytes, signal } = options;
  // Without O_NONBLOCK a pipe would hold a thread until somebody writes to it.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NotRegularFileError(`${path} is not a regular file`);
    if (stats.size > maxBytes) throw new TorchweaveError('archiveTooLarge', { url, limitBytes: maxBytes });
    // A stream that is made with an aborted signal fails where nobody can listen yet.
    signal.throwIfAborted();
  } catch (error) {
    await file.close();
    throw error;
  }
  return limitBytes(file.createReadStream({ signal }), url, maxBytes);
}
