import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Lends a path beside `destination` and renames what was written there; a failure leaves `destination` as it was.
 *
 * @throws whatever `write` throws; what the file system throws.
 */
export async function writeAtomically(destination: string, write: (path: string) => Promise<void>): Promise<void> {
  const path = join(dirname(destination), `.${basename(destination)}.${randomUUID()}`);
  try {
    await write(path);
    await rename(path, destination);
  } finally {
    await rm(path, { force: true });
  }
}
