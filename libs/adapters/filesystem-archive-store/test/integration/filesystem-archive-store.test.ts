import { silentLogger } from '@torchweave/application';
import type { Unpack } from '@torchweave/archive-format';
import { tarGzOf, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { chmod, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilesystemArchiveStore } from '../../src/index.js';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

let temporary: TemporaryStore;
let store: FilesystemArchiveStore;
let directory: string;

beforeEach(async () => {
  temporary = await temporaryStore();
  ({ store, directory } = temporary);
});
afterEach(() => temporary.dispose());

const anotherProcess = (): FilesystemArchiveStore => new FilesystemArchiveStore({ directory, logger: silentLogger });
const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
const hour = 3_600_000;

async function put(name = 'chain'): Promise<string> {
  return (await store.put(inChunks(await zipOf(workflowFiles({ name }))))).digest;
}

describe('the folder of the store', () => {
  it('holds archives by digest, packed and unpacked, and nothing else', async () => {
    const digest = await put();
    const archive = await store.open(digest);
    expect(archive.directory).toBe(join(directory, 'unpacked', digest));
    expect(await readdir(directory)).toEqual(['packed', 'tmp', 'unpacked']);
    expect(await readdir(join(directory, 'packed'))).toEqual([digest]);
    expect(await readdir(join(directory, 'tmp'))).toEqual([]);
  });

  it('lets others pass to what they know the digest of, and list nothing', async () => {
    await store.open(await put());
    for (const folder of ['packed', 'tmp', 'unpacked']) {
      expect((await stat(join(directory, folder))).mode & 0o777, folder).toBe(0o711);
    }
  });

  it('is not made before it is needed', async () => {
    expect(await store.list()).toEqual([]);
    await expect(stat(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps nothing of a transfer that breaks', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error('the transfer broke');
    }
    await expect(store.put(breaking())).rejects.toThrow('the transfer broke');
    expect(await readdir(directory, { recursive: true })).toEqual(['tmp']);
  });

  it('says that an archive is not there when it is removed while it is unpacked', async () => {
    const removing: Unpack = async (file) => {
      await rm(file);
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    };
    const own = new FilesystemArchiveStore({ directory, unpack: removing, logger: silentLogger });
    const { digest } = await own.put(inChunks(Buffer.from('any')));
    await expect(own.open(digest)).rejects.toMatchObject({ code: 'archiveUnreadable', status: 400 });
  });

  it.each(['ENOSPC', 'EDQUOT'])('keeps nothing when it is full (%s), and says so', async (code) => {
    async function* onFullDisk(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw Object.assign(new Error(`${code}: write`), { code, syscall: 'write' });
    }
    await expect(store.put(onFullDisk())).rejects.toMatchObject({ code: 'archiveStoreFull', status: 507 });
    expect(await readdir(directory, { recursive: true })).toEqual(['tmp']);
  });

  it('takes no other name than a digest', async () => {
    for (const digest of ['..', '', 'x', '../packed', 'A'.repeat(64), `${'a'.repeat(64)}/..`]) {
      await expect(store.open(digest)).rejects.toMatchObject({ code: 'internal' });
      await expect(store.remove(digest)).rejects.toMatchObject({ code: 'internal' });
    }
  });
});

describe('processes that share a store', () => {
  it('may open one archive at once', async () => {
    const digest = await put();
    const stores = Array.from({ length: 8 }, anotherProcess);
    const opened = await Promise.all(stores.map((process) => process.open(digest)));
    expect(new Set(opened.map((archive) => archive.directory)).size).toBe(1);
    expect(await opened[0]?.readText('spec.yaml')).toBeDefined();
    expect(await readdir(join(directory, 'tmp'))).toEqual([]);
  });

  it('find what another has unpacked', async () => {
    const digest = await put();
    const { directory: first } = await store.open(digest);
    const { ino } = await stat(first);
    const { directory: second } = await anotherProcess().open(digest);
    expect((await stat(second)).ino).toBe(ino);
  });

  it('may remove one archive at once', async () => {
    const digest = await put();
    await store.open(digest);
    await Promise.all(Array.from({ length: 4 }, () => anotherProcess().remove(digest)));
    expect(await store.list()).toEqual([]);
    expect(await readdir(join(directory, 'unpacked'))).toEqual([]);
  });
});

describe('what a crash leaves', () => {
  /** A folder that was being unpacked, partly read-only already. */
  async function crash(name: string, since: Date): Promise<void> {
    const folder = join(directory, 'tmp', name);
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'sub', 'half.txt'), 'ha');
    await chmod(join(folder, 'sub'), 0o555);
    await utimes(folder, since, since);
  }

  it('is never taken for an unpacked archive', async () => {
    const digest = await put();
    await crash(digest, hoursAgo(0));
    const archive = await store.open(digest);
    expect(basename(archive.directory)).toBe(digest);
    expect((await readdir(archive.directory)).sort()).toEqual(['WAR-INF', 'h.py', 'spec.yaml']);
  });

  it('is swept after an hour, and not before', async () => {
    await crash('old', hoursAgo(2));
    await crash('new', hoursAgo(0.5));
    await store.sweep();
    expect(await readdir(join(directory, 'tmp'))).toEqual(['new']);
  });

  it('is swept when a store is made', async () => {
    await crash('old', hoursAgo(2));
    const swept = new Promise((resolve) => {
      const logger = { ...silentLogger, info: resolve };
      new FilesystemArchiveStore({ directory, logger });
    });
    expect(await swept).toEqual({ name: 'old' });
  });

  it('of a removal is listed, so that it can be removed again', async () => {
    const digest = await put();
    await store.open(digest);
    await rm(join(directory, 'packed', digest));
    expect((await store.list()).map((archive) => archive.digest)).toEqual([digest]);
    await store.remove(digest);
    expect(await store.list()).toEqual([]);
  });
});

describe('how long an archive is idle', () => {
  const idleMs = async (): Promise<number | undefined> => (await store.list())[0]?.idleMs;

  async function age(digest: string): Promise<void> {
    await utimes(join(directory, 'packed', digest), hoursAgo(3), hoursAgo(3));
    expect(await idleMs()).toBeGreaterThan(2 * hour);
  }

  it('begins anew when it is put', async () => {
    await age(await put());
    await put();
    expect(await idleMs()).toBeLessThan(hour);
  });

  it('begins anew when it is opened, for the first time or again', async () => {
    const digest = await put();
    for (let times = 0; times < 2; times += 1) {
      await age(digest);
      await store.open(digest);
      expect(await idleMs()).toBeLessThan(hour);
    }
  });
});

describe('limits', () => {
  it('are the defaults where the options say nothing', async () => {
    const { digest } = await store.put(inChunks(await tarGzOf({ zeros: Buffer.alloc(2_000_000) })));
    await expect(store.open(digest)).rejects.toMatchObject({ code: 'archiveLimitExceeded', data: { allowed: 200 } });
  });

  it('of the options win, one by one', async () => {
    const generous = new FilesystemArchiveStore({ directory, limits: { maxRatio: 10_000 }, logger: silentLogger });
    const { digest } = await store.put(inChunks(await tarGzOf({ zeros: Buffer.alloc(2_000_000) })));
    await expect(generous.open(digest)).resolves.toMatchObject({ digest });
  });
});
