import type { ArchiveBlobs, ArchiveStore } from '@torchweave/application';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tarGzOf, workflowFiles, zipOf } from '../builders/index.js';

/** Gives a buffer as the chunks of a transfer. */
export async function* inChunks(content: Uint8Array, chunkBytes = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const unknownDigest = sha256(Buffer.from('what nobody has put'));

type Create = () => Promise<{ store: ArchiveStore; dispose: () => Promise<void> }>;

const formats = [
  ['zip', zipOf],
  ['gzipped tar', tarGzOf],
] as const;

type Packed = Pick<ArchiveBlobs, 'put' | 'read' | 'list'>;

const digestsOf = async (kept: Packed): Promise<string[]> => (await kept.list()).map(({ digest }) => digest).sort();

/** What is the same of archives wherever they lie packed. */
function describePackedArchives(store: () => Packed): void {
  describe('put', () => {
    it('tells the sha-256 and the size of what it keeps', async () => {
      const content = Buffer.alloc(100_000, 'x');
      expect(await store().put(inChunks(content))).toEqual({ digest: sha256(content), bytes: 100_000 });
      expect(await digestsOf(store())).toEqual([sha256(content)]);
    });

    it('keeps the same content once', async () => {
      const content = Buffer.from('the same');
      await Promise.all([store().put(inChunks(content)), store().put(inChunks(content))]);
      await store().put(inChunks(content));
      expect(await digestsOf(store())).toEqual([sha256(content)]);
    });

    it('passes the fault of the stream on and keeps nothing of it', async () => {
      const fault = new Error('the transfer broke');
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('the first half');
        throw fault;
      }
      await expect(store().put(breaking())).rejects.toBe(fault);
      expect(await digestsOf(store())).toEqual([]);
    });
  });

  describe('read', () => {
    it('gives the packed archive as it was put, as often as it is asked', async () => {
      const content = randomBytes(200_000);
      const { digest } = await store().put(inChunks(content));
      for (let times = 0; times < 2; times += 1) {
        const packed = await store().read(digest);
        expect(packed.bytes).toBe(200_000);
        expect((await buffer(packed.content)).equals(content)).toBe(true);
      }
    });

    it('refuses a digest that it does not have', async () => {
      await expect(store().read(unknownDigest)).rejects.toMatchObject({ code: 'archiveUnreadable' });
    });
  });
}

/** What every {@link ArchiveBlobs} must do. `create` gives an empty one. */
export function describeArchiveBlobs(
  name: string,
  create: () => Promise<{ blobs: ArchiveBlobs; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as ArchiveBlobs`, () => {
    let blobs: ArchiveBlobs;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ blobs, dispose } = await create());
    });
    afterEach(() => dispose());

    describePackedArchives(() => blobs);

    it('lends a file with what was put, to as many as ask', async () => {
      const content = randomBytes(50_000);
      const { digest } = await blobs.put(inChunks(content));
      const lent = Array.from({ length: 3 }, () => blobs.lend(digest, (path) => readFile(path)));
      for (const read of await Promise.all(lent)) expect(read.equals(content)).toBe(true);
    });

    it('passes on what whoever borrows throws, and refuses a digest that it does not have', async () => {
      const { digest } = await blobs.put(inChunks(Buffer.from('any')));
      const fault = new Error('of the borrower');
      await expect(blobs.lend(digest, () => Promise.reject(fault))).rejects.toBe(fault);
      const asked = blobs.lend(unknownDigest, () => Promise.resolve());
      await expect(asked).rejects.toMatchObject({ code: 'archiveUnreadable' });
    });

    it('knows what it has, until that is removed', async () => {
      const { digest } = await blobs.put(inChunks(Buffer.from('any')));
      expect([await blobs.has(digest), await blobs.has(unknownDigest)]).toEqual([true, false]);
      await blobs.remove(digest);
      await blobs.remove(digest);
      expect(await blobs.has(digest)).toBe(false);
      expect(await blobs.list()).toEqual([]);
    });

    it('tells for how long each has been idle, and takes a touch for use', async () => {
      const { digest } = await blobs.put(inChunks(Buffer.from('any')));
      const idleMs = async (): Promise<number> => (await blobs.list())[0]?.idleMs ?? Number.NaN;
      await vi.waitUntil(async () => (await idleMs()) > 50);
      await vi.waitUntil(async () => {
        await blobs.touch(digest);
        return (await idleMs()) < 50;
      });
      await expect(blobs.touch(unknownDigest)).resolves.toBeUndefined();
    });
  });
}

/** What every {@link ArchiveStore} must do with archives and what is in them. `create` gives an empty one. */
export function describeArchiveStore(name: string, create: Create): void {
  describe(`${name} as an ArchiveStore`, () => {
    let store: ArchiveStore;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ store, dispose } = await create());
    });
    afterEach(() => dispose());

    describePackedArchives(() => store);

    describe('open', () => {
      it.each(formats)('opens a %s', async (_format, pack) => {
        const content = await pack(workflowFiles({ files: { 'data/words.txt': 'a b', 'empty.txt': '' } }));
        const { digest } = await store.put(inChunks(content));
        const archive = await store.open(digest);
        expect(archive.digest).toBe(digest);
        expect(await archive.readText('data/words.txt')).toBe('a b');
        expect(await archive.readText('empty.txt')).toBe('');
      });

      it('gives the same folder to everybody', async () => {
        const { digest } = await store.put(inChunks(await zipOf(workflowFiles())));
        const opened = await Promise.all(Array.from({ length: 10 }, () => store.open(digest)));
        const again = await store.open(digest);
        expect(new Set([...opened, again].map(({ directory }) => directory)).size).toBe(1);
      });

      it('refuses a digest that it does not have', async () => {
        await expect(store.open(unknownDigest)).rejects.toMatchObject({ code: 'archiveUnreadable' });
      });

      it.each([
        ['an empty file', Buffer.alloc(0), 'it is empty'],
        ['something else', Buffer.from('this is not a zip'), 'it is neither a zip nor a gzipped tar'],
      ])('refuses %s, every time it is asked', async (_what, content, reason) => {
        const { digest } = await store.put(inChunks(content));
        const refusal = { code: 'archiveUnreadable', data: { reason } };
        await expect(store.open(digest)).rejects.toMatchObject(refusal);
        await expect(store.open(digest)).rejects.toMatchObject(refusal);
      });
    });

    describe('readText', () => {
      it('reads a file, and tells by undefined that there is none', async () => {
        const files = workflowFiles({ files: { 'data/words.txt': 'grüße' } });
        const { digest } = await store.put(inChunks(await zipOf(files)));
        const archive = await store.open(digest);
        expect(await archive.readText('data/words.txt')).toBe('grüße');
        for (const path of ['nothing', 'data', 'data/nothing', 'h.py/nothing', '', '.', '../x', '/etc/hostname']) {
          expect(await archive.readText(path)).toBeUndefined();
        }
      });

      it('refuses a file that is too large or not UTF-8', async () => {
        const large = randomBytes(524_289).toString('hex');
        const files = { large, largest: large.slice(2), latin: Buffer.from('\xe9', 'latin1') };
        const { digest } = await store.put(inChunks(await zipOf(files)));
        const archive = await store.open(digest);
        await expect(archive.readText('large')).rejects.toMatchObject({ code: 'archiveEntryRefused' });
        await expect(archive.readText('latin')).rejects.toMatchObject({ code: 'archiveEntryRefused' });
        expect(await archive.readText('largest')).toHaveLength(1_048_576);
      });
    });

    describe('readBytes', () => {
      it('reads a file of any bytes, up to as many as are wanted', async () => {
        const content = Buffer.of(0, 255, 13, 10);
        const { digest } = await store.put(inChunks(await zipOf(workflowFiles({ files: { 'data/raw': content } }))));
        const archive = await store.open(digest);
        expect(Buffer.from((await archive.readBytes('data/raw', 4)) ?? [])).toEqual(content);
        await expect(archive.readBytes('data/raw', 3)).rejects.toMatchObject({ code: 'archiveEntryRefused' });
        for (const path of ['nothing', 'data', '../x', '/etc/hostname'])
          expect(await archive.readBytes(path, 4)).toBeUndefined();
      });
    });

    describe('list and remove', () => {
      it('removes an archive, opened or not', async () => {
        const opened = await store.put(inChunks(await zipOf(workflowFiles({ name: 'opened' }))));
        const unopened = await store.put(inChunks(await zipOf(workflowFiles({ name: 'unopened' }))));
        await store.open(opened.digest);
        await store.remove(opened.digest);
        await store.remove(unopened.digest);
        expect(await digestsOf(store)).toEqual([]);
        await expect(store.open(opened.digest)).rejects.toMatchObject({ code: 'archiveUnreadable' });
      });

      it('opens anew what was removed and put again', async () => {
        const content = await zipOf(workflowFiles());
        const { digest } = await store.put(inChunks(content));
        await store.open(digest);
        await store.remove(digest);
        await store.put(inChunks(content));
        expect(await (await store.open(digest)).readText('spec.yaml')).toBeDefined();
      });

      it('takes the removal of what is not there for done', async () => {
        await expect(store.remove(unknownDigest)).resolves.toBeUndefined();
      });

      it('tells for how long each archive has been idle', async () => {
        const { digest } = await store.put(inChunks(Buffer.from('anything')));
        const [found] = await store.list();
        expect(found).toEqual({ digest, idleMs: expect.any(Number) });
        expect(found?.idleMs).toBeGreaterThanOrEqual(0);
      });
    });
  });
}

/** What every {@link ArchiveStore} must do with the folders in which it unpacks. `create` gives an empty one. */
export function describeUnpackedArchives(name: string, create: Create): void {
  describe(`${name} and its folders`, () => {
    let store: ArchiveStore;
    let dispose: () => Promise<void>;
    let own: string;

    beforeEach(async () => {
      ({ store, dispose } = await create());
      own = await mkdtemp(join(tmpdir(), 'unpacked-archives-'));
    });
    afterEach(async () => {
      await dispose();
      await rm(own, { recursive: true });
    });

    const entries = ['WAR-INF', 'data', 'empty.txt', 'h.py', 'spec.yaml'];

    it.each(formats)('unpacks a %s', async (_format, pack) => {
      const content = await pack(workflowFiles({ files: { 'data/words.txt': 'a b', 'empty.txt': '' } }));
      const { digest } = await store.put(inChunks(content));
      const archive = await store.open(digest);
      expect((await readdir(archive.directory)).sort()).toEqual(entries);
      expect(await readFile(join(archive.directory, 'data', 'words.txt'), 'utf8')).toBe('a b');
      expect(await readFile(join(archive.directory, 'empty.txt'), 'utf8')).toBe('');
    });

    it('leaves nothing that may be written', async () => {
      const { digest } = await store.put(inChunks(await zipOf(workflowFiles())));
      const { directory } = await store.open(digest);
      for (const path of ['.', 'WAR-INF', 'h.py', 'WAR-INF/MANIFEST.json']) {
        expect((await stat(join(directory, path))).mode & 0o222).toBe(0);
      }
    });

    it('removes the folder with its archive', async () => {
      const { digest } = await store.put(inChunks(await zipOf(workflowFiles())));
      const { directory } = await store.open(digest);
      await store.remove(digest);
      await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('unpacks for one alone, who may write there', async () => {
      const content = await zipOf(workflowFiles({ files: { 'data/words.txt': 'a b', 'empty.txt': '' } }));
      const { digest } = await store.put(inChunks(content));
      const directory = join(own, 'mine');
      await store.unpackTo(digest, directory);
      expect((await readdir(directory)).sort()).toEqual(entries);
      await writeFile(join(directory, 'data', 'words.txt'), 'c d');
      expect(await (await store.open(digest)).readText('data/words.txt')).toBe('a b');
    });

    it('leaves nothing where it could not unpack', async () => {
      const { digest } = await store.put(inChunks(Buffer.from('this is not a zip')));
      for (const each of [digest, unknownDigest]) {
        const unpacking = store.unpackTo(each, join(own, 'mine'));
        await expect(unpacking).rejects.toMatchObject({ code: 'archiveUnreadable' });
        expect(await readdir(own)).toEqual([]);
      }
    });
  });
}
