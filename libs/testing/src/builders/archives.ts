import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';

/** Path to content. */
export type Files = Readonly<Record<string, string | Buffer>>;

/** Packs files as Python's `zipfile` would. A path with a trailing slash is a folder. */
export async function zipOf(files: Files): Promise<Buffer> {
  // The same content is the same archive, whenever it is built.
  const mtime = new Date(1980, 0, 1);
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    if (path.endsWith('/')) zip.addEmptyDirectory(path, { mtime });
    else zip.addBuffer(Buffer.from(content), path, { mode: 0o100644, mtime });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** One entry of a tar, as `tar-stream` takes it: nothing is checked, so links, devices and `..` pass. */
export interface TarEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: 'file' | 'link' | 'symlink' | 'directory' | 'block-device' | 'character-device' | 'fifo';
  readonly linkname?: string;
  readonly mode?: number;
}

/** Packs entries as a gzipped tar, in their order. */
export async function tarGzOfEntries(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) {
    const bytes = Buffer.from(content);
    tar.entry({ ...header, size: bytes.length }, bytes);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return gzipSync(Buffer.concat(chunks));
}

/** Packs files as a gzipped tar. A path with a trailing slash is a folder. */
export function tarGzOf(files: Files): Promise<Buffer> {
  return tarGzOfEntries(
    Object.entries(files).map(([name, content]) =>
      name.endsWith('/') ? { name, type: 'directory' } : { name, content, mode: 0o644 },
    ),
  );
}
