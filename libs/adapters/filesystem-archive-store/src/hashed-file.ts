import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';

/**
 * Writes a new file, down to the disk, and tells the sha-256 of what was written, in lower-case hex.
 *
 * @throws whatever `content` throws; what the file system throws. The file may be there all the same.
 */
export async function writeHashed(
  path: string,
  content: AsyncIterable<Uint8Array>,
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      yield chunk;
    }
  };
  const file = await open(path, 'wx');
  try {
    await writeFile(file, measured());
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest('hex'), bytes };
}
