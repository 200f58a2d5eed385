import { defaultLimits, packWorkflowArchive, unpack } from '@torchweave/archive-format';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { download, sourceWith } from './local-servers.js';

let root: string;
let store: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'archive-source-'));
  store = join(root, 'store');
  await mkdir(store);
  await writeFile(join(root, 'spec.yaml'), 'dag:\n  first: []\n');
  await writeFile(join(root, 'handler.py'), 'def first(data, context):\n    return data\n');
  await writeFile(join(root, 'secret'), 'secret');
  await packWorkflowArchive({
    workflowName: 'plain',
    specFile: join(root, 'spec.yaml'),
    handler: join(root, 'handler.py'),
    exportPath: store,
    format: 'no-archive',
    force: false,
    archiverVersion: '0.12.0',
  });
});

afterEach(() => rm(root, { recursive: true, force: true }));

const fromStore = (name: string, maxArchiveBytes?: number): Promise<Buffer> =>
  download(sourceWith({ workflowStore: store, ...(maxArchiveBytes === undefined ? {} : { maxArchiveBytes }) }), name);

async function unpacked(bytes: Buffer): Promise<string> {
  const into = await mkdtemp(join(root, 'unpacked-'));
  await writeFile(join(root, 'read.war'), bytes);
  return unpack(join(root, 'read.war'), into, defaultLimits);
}

describe('a workflow that was exported without an archive', () => {
  it('is read as the archive that it would be, however it is named, the same each time', async () => {
    const read = await fromStore('plain');
    const folder = await unpacked(read);
    for (const file of ['spec.yaml', 'handler.py', 'WAR-INF/MANIFEST.json']) {
      expect(await readFile(join(folder, file), 'utf8')).toBe(await readFile(join(store, 'plain', file), 'utf8'));
    }
    for (const name of ['./plain', '/plain', join(store, 'plain')]) expect(await fromStore(name)).toEqual(read);
  });

  it('may lie behind links inside of it, as Kubernetes mounts files, and beside what Python left', async () => {
    const plain = await fromStore('plain');
    const folder = join(store, 'plain');
    await mkdir(join(folder, '..2026'));
    await rename(join(folder, 'handler.py'), join(folder, '..2026', 'handler.py'));
    await symlink('..2026', join(folder, '..data'));
    await symlink(join('..data', 'handler.py'), join(folder, 'handler.py'));
    await mkdir(join(folder, '__pycache__'));
    await writeFile(join(folder, '__pycache__', 'handler.pyc'), 'x');
    expect(await fromStore('plain')).toEqual(plain);
  });

  it('holds nothing that lies elsewhere', async () => {
    await symlink(join(root, 'secret'), join(store, 'plain', 'more'));
    await expect(fromStore('plain')).rejects.toMatchObject({ code: 'archiveEntryRefused', data: { entry: 'more' } });
  });

  it('may be as large as an archive', async () => {
    await writeFile(join(store, 'plain', 'weights'), Buffer.alloc(10_000));
    await expect(fromStore('plain', 9_999)).rejects.toMatchObject({ code: 'archiveTooLarge' });
  });

  it('leaves no file open where it is not read to its end', async () => {
    await writeFile(join(store, 'plain', 'weights'), randomBytes(4_000_000));
    const openFiles = async (): Promise<string[]> => {
      const names = await readdir('/proc/self/fd');
      const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
      return paths.filter((path) => path.startsWith(store));
    };
    const { signal } = new AbortController();
    for await (const chunk of await sourceWith({ workflowStore: store, maxArchiveBytes: 8_000_000 }).open(
      'plain',
      signal,
    )) {
      if (chunk.byteLength > 10_000) break;
    }
    await vi.waitFor(async () => expect(await openFiles()).toEqual([]));
  });

  it('may hold as many files, and as deep, as an archive', async () => {
    await symlink('.', join(store, 'plain', 'again'));
    await expect(fromStore('plain')).rejects.toMatchObject({ code: 'archiveEntryRefused' });
    await rm(join(store, 'plain', 'again'));
    await mkdir(join(store, 'plain', ...Array.from({ length: defaultLimits.maxDepth + 1 }, () => 'd')), {
      recursive: true,
    });
    await expect(fromStore('plain')).rejects.toMatchObject({ code: 'archiveLimitExceeded' });
  });

  it('is none without a manifest of its own', async () => {
    await rm(join(store, 'plain', 'WAR-INF'), { recursive: true });
    await expect(fromStore('plain')).rejects.toMatchObject({ code: 'workflowNotInStore' });
    await symlink(root, join(store, 'plain', 'WAR-INF'));
    await writeFile(join(root, 'MANIFEST.json'), '{}');
    await expect(fromStore('plain')).rejects.toMatchObject({ code: 'workflowNotInStore' });
  });
});
