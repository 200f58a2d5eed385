import { zipOf } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

const isRoot = process.getuid?.() === 0;
const canMount = process.platform === 'linux' && isRoot;

describe.skipIf(!canMount)(`a full disk${canMount ? '' : ' (skipped: only root can mount a small one)'}`, () => {
  let temporary: TemporaryStore;

  beforeEach(async () => {
    temporary = await temporaryStore();
    mkdirSync(temporary.directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', temporary.directory]);
  });
  afterEach(async () => {
    execFileSync('umount', ['--lazy', temporary.directory]);
    await temporary.dispose();
  });

  const left = (folder: string): string[] => readdirSync(join(temporary.directory, folder));
  const isFull = { code: 'archiveStoreFull', status: 507 };

  it('while an archive is unpacked leaves nothing of it, and more room lets it open', async () => {
    const { store, directory } = temporary;
    // Packed it fits, unpacked it does not.
    const letters = Buffer.from(randomBytes(1_500_000).toString('hex').replace(/[^ab]/g, 'a'));
    const { digest } = await store.put(inChunks(await zipOf({ first: 'x', second: letters })));
    await expect(store.open(digest)).rejects.toMatchObject(isFull);
    expect([left('tmp'), readdirSync(directory).includes('unpacked')]).toEqual([[], false]);

    const small = await store.put(inChunks(await zipOf({ first: 'y' })));
    const { directory: opened } = await store.open(small.digest);
    expect(await readFile(join(opened, 'first'), 'utf8')).toBe('y');

    execFileSync('mount', ['-o', 'remount,size=20m', directory]);
    const { directory: whole } = await store.open(digest);
    expect((await readFile(join(whole, 'second'))).equals(letters)).toBe(true);
  });

  it('lets an archive be removed, packed and unpacked', async () => {
    const { store, directory } = temporary;
    const { digest } = await store.put(inChunks(await zipOf({ first: randomBytes(100_000) })));
    await store.open(digest);
    execFileSync(
      'sh',
      ['-c', `rmdir ${join(directory, 'tmp')}; cat /dev/zero > ${join(directory, 'filler')} || true`],
      {
        stdio: 'ignore',
      },
    );
    await store.remove(digest);
    await expect(store.list()).resolves.toEqual([]);
    expect([left('packed'), left('unpacked')]).toEqual([[], []]);
  });

  it('takes what it has already, and opens it', async () => {
    const { store, directory } = temporary;
    const content = await zipOf({ first: randomBytes(100_000) });
    const { digest } = await store.put(inChunks(content));
    await store.open(digest);
    execFileSync('sh', ['-c', `cat /dev/zero > ${join(directory, 'filler')} || true`], { stdio: 'ignore' });
    await expect(store.put(inChunks(await zipOf({ first: randomBytes(100_000) })))).rejects.toMatchObject(isFull);
    await expect(store.put(inChunks(content))).resolves.toEqual({ digest, bytes: content.length });
    await expect(store.open(digest)).resolves.toMatchObject({ digest });
    expect([left('tmp'), left('packed')]).toEqual([[], [digest]]);
  });

  it('while an archive is fetched leaves nothing of it', async () => {
    const { store } = temporary;
    await expect(store.put(inChunks(randomBytes(2_000_000)))).rejects.toMatchObject(isFull);
    expect(left('tmp')).toEqual([]);
    await expect(store.list()).resolves.toEqual([]);
    await expect(store.put(inChunks(await zipOf({ first: 'y' })))).resolves.toMatchObject({
      bytes: expect.any(Number) as number,
    });
  });
});
