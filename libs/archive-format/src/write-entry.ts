import { mkdir, open, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes one new file of an archive and the folders above it, down to the disk. The mode of the entry does not matter.
 *
 * @param isWanted of a file that is not, the content is read and checked, and nothing is written.
 * @throws whatever `content` throws; what the file system throws.
 */
export async function writeEntry(
  folder: string,
  path: string,
  content: AsyncIterable<Uint8Array>,
  isWanted: (path: string) => boolean = () => true,
): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, 'wx');
  try {
    await writeFile(file, isWanted(path) ? content : emptied(content));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function* emptied(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) yield chunk.subarray(0, 0);
}
