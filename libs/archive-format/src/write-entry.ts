import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes one new file of an archive and the folders above it, down to the disk. The mode of the entry does not matter.
 *
 * @throws whatever `content` throws; what the file system throws.
 */
export async function writeEntry(folder: string, path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, 'wx');
  try {
    await writeFile(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
}
