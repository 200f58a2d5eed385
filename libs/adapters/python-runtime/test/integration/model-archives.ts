import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ArchiveStore, UnpackedArchive } from '@torchweave/application';

const run = promisify(execFile);

/** An archive store that keeps and unpacks with Python's zipfile, for archives that are known to be good. */
export class TestArchiveStore implements ArchiveStore {
  constructor(private readonly root: string) {}

  async put(content: AsyncIterable<Uint8Array>): Promise<{ digest: string; bytes: number }> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const packed = Buffer.concat(chunks);
    const digest = createHash('sha256').update(packed).digest('hex');
    const temporary = join(this.root, randomUUID());
    await writeFile(temporary, packed);
    await rename(temporary, join(this.root, digest));
    return { digest, bytes: packed.length };
  }

  open(): Promise<UnpackedArchive> {
    return Promise.reject(new Error('models have folders of their own'));
  }

  async unpackTo(digest: string, directory: string): Promise<void> {
    await run('python3', ['-m', 'zipfile', '-e', join(this.root, digest), directory]);
  }

  async read(digest: string): Promise<{ bytes: number; content: AsyncIterable<Uint8Array> }> {
    const path = join(this.root, digest);
    return { bytes: (await stat(path)).size, content: createReadStream(path) };
  }

  async list(): Promise<readonly { digest: string; idleMs: number }[]> {
    return (await readdir(this.root)).map((digest) => ({ digest, idleMs: 0 }));
  }

  remove(digest: string): Promise<void> {
    return rm(join(this.root, digest), { recursive: true, force: true });
  }
}

/** Folders for a model store and for unpacked archives. */
export async function testFolders(): Promise<{
  modelStore: string;
  archives: TestArchiveStore;
  modelFolders: string;
  remove(): Promise<void>;
}> {
  const root = await mkdtemp(join(tmpdir(), 'models-'));
  // Models may run as another user.
  await chmod(root, 0o755);
  const modelStore = join(root, 'store');
  await mkdir(modelStore);
  await mkdir(join(root, 'packed'));
  return {
    modelStore,
    archives: new TestArchiveStore(join(root, 'packed')),
    modelFolders: join(root, 'unpacked'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Packs files as `file`, a zip. */
export async function packZip(file: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pack-'));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const roots = new Set(Object.keys(files).map((path) => path.split('/')[0] ?? path));
  await run('python3', ['-m', 'zipfile', '-c', file, ...roots], { cwd: folder });
  await rm(folder, { recursive: true });
}

/** Packs a model archive with this `model` entry in its manifest. */
export function packModel(
  file: string,
  model: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const manifest = { createdOn: 'now', runtime: 'python', model: { modelVersion: '1.0', ...model } };
  return packZip(file, { 'MAR-INF/MANIFEST.json': JSON.stringify(manifest), ...files });
}
