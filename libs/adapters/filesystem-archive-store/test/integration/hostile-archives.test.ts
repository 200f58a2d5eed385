import type { ArchiveLimits } from '@torchweave/archive-format';
import { rawZip, tarGzOf, tarGzOfEntries, zipOf, type RawZipEntry, type TarEntry } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

let temporary: TemporaryStore;

afterEach(() => temporary.dispose());

async function open(content: Buffer, limits?: Partial<ArchiveLimits>): Promise<string> {
  temporary = await temporaryStore(limits);
  const { digest } = await temporary.store.put(inChunks(content));
  return (await temporary.store.open(digest)).directory;
}

/** What is left of an archive that was refused: its packed file. */
async function expectNothingUnpacked(): Promise<void> {
  const left = await readdir(temporary.directory, { recursive: true });
  expect(left.filter((path) => !/^(packed(\/[0-9a-f]{64})?|tmp|unpacked)$/.test(path))).toEqual([]);
  expect(await readdir(join(temporary.directory, '..'))).toEqual(['store']);
}

async function expectRefusal(content: Buffer, code: string, limits?: Partial<ArchiveLimits>): Promise<unknown> {
  const error: unknown = await open(content, limits).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code, type: 'InvalidWorkflowException', status: 400 });
  await expectNothingUnpacked();
  return error;
}

const names: readonly (readonly [string, string])[] = [
  ['leads out', '../../evil.txt'],
  ['leads out in the middle', 'a/../../evil.txt'],
  ['leads out at the end', 'a/..'],
  ['is nothing but ..', '..'],
  ['is absolute', '/tmp/evil.txt'],
  ['has a drive letter', 'C:/evil.txt'],
  ['has a drive letter without a slash', 'c:evil.txt'],
  ['has backslashes', '..\\evil.txt'],
  ['has a backslash', 'a\\evil.txt'],
  ['has an empty part', 'a//evil.txt'],
  ['has a dot for a part', 'a/./evil.txt'],
  ['has a line end', 'a\nb'],
  ['has an escape sequence', 'a\u001b[2Jb'],
  ['has a part that is too long', 'x'.repeat(256)],
  ['has a part that is too long in bytes', 'ü'.repeat(128)],
  ['is too long as a whole', Array.from({ length: 6 }, () => 'x'.repeat(200)).join('/')],
  ['is too deep', `${'d/'.repeat(33)}f`],
];

describe('an entry whose name', () => {
  it.each([...names, ['holds NUL', 'a\0b'], ['is empty', ''], ['is a dot', './evil.txt']] as const)(
    '%s is refused in a zip',
    async (_why, name) => {
      const error = await expectRefusal(
        rawZip([
          { name: 'honest.txt', content: 'x' },
          { name, content: 'evil' },
        ]),
        'archiveEntryRefused',
      );
      expect(error).toMatchObject({ data: { entry: name, reason: expect.any(String) } });
    },
  );

  it.each(names)('%s is refused in a tar', async (_why, name) => {
    const entries = [
      { name: 'honest.txt', content: 'x' },
      { name, content: 'evil' },
    ];
    const error = await expectRefusal(await tarGzOfEntries(entries), 'archiveEntryRefused');
    expect(error).toMatchObject({ data: { entry: name } });
  });

  it.each([
    ['is there twice', ['a', 'a']],
    ['differs by case alone', ['Read.me', 'read.ME']],
    ['differs by the case of a folder alone', ['Data/a', 'data/b']],
    ['differs by Unicode form alone', ['gr\u00fc\u00dfe', 'gru\u0308\u00dfe']],
    ['is a file and a folder', ['a', 'a/b']],
    ['is a folder and a file', ['a/b', 'a']],
    ['is a folder by itself and a file', ['a/', 'a']],
    ['is the manifest a second time', ['WAR-INF/MANIFEST.json', 'WAR-INF/manifest.json']],
  ])('%s is refused in both formats', async (_why, [first = '', second = '']) => {
    const zip = rawZip([first, second].map((name) => ({ name })));
    expect(await expectRefusal(zip, 'archiveEntryRefused')).toMatchObject({ data: { entry: second } });
    await temporary.dispose();
    const entries = [first, second].map((name): TarEntry =>
      name.endsWith('/') ? { name, type: 'directory' } : { name },
    );
    await expectRefusal(await tarGzOfEntries(entries), 'archiveEntryRefused');
  });

  it('is as long and deep as allowed is accepted', async () => {
    const deepest = `${'d/'.repeat(32)}${'x'.repeat(255)}`;
    const directory = await open(rawZip([{ name: deepest, content: 'x' }]));
    expect(await readdir(directory)).toEqual(['d']);
  });

  it.each([
    ['zip', () => zipOf({ 'a/': '', 'a/b.txt': 'x', 'c/': '' })],
    ['tar', () => tarGzOf({ './': '', './a/': '', './a/b.txt': 'x', './c/': '' })],
  ])('is of a folder, or with the leading dot of a tar, is normal: %s', async (_format, pack) => {
    const directory = await open(await pack());
    expect((await readdir(directory, { recursive: true })).sort()).toEqual(['a', 'a/b.txt', 'c']);
  });

  it('is in UTF-8 without saying so is read as UTF-8', async () => {
    const directory = await open(rawZip([{ name: 'grüße.txt', flags: 0 }]));
    expect(await readdir(directory)).toEqual(['grüße.txt']);
  });

  it('is not UTF-8 is read somehow', async () => {
    const directory = await open(rawZip([{ name: Buffer.from('gr\xfc\xdfe', 'latin1'), flags: 0 }]));
    expect(await readdir(directory)).toEqual(['grüße']);
  });
});

describe('an entry of a zip', () => {
  it.each<[string, Partial<RawZipEntry>, string]>([
    ['a link', { unixMode: 0o120777, content: '/etc/passwd' }, 'it is a link or a device'],
    ['a pipe', { unixMode: 0o010644 }, 'it is a link or a device'],
    ['a character device', { unixMode: 0o020644 }, 'it is a link or a device'],
    ['a block device', { unixMode: 0o060644 }, 'it is a link or a device'],
    ['a socket', { unixMode: 0o140644 }, 'it is a link or a device'],
    ['a folder with the name of a file', { unixMode: 0o040755 }, 'it is a folder with the name of a file'],
    ['encrypted', { flags: 0x801 }, 'it is encrypted'],
    ['of a method that nobody knows', { method: 99 }, 'its compression method 99 is not supported'],
    ['of the method deflate64', { method: 9 }, 'its compression method 9 is not supported'],
  ])('that is %s is refused', async (_what, entry, reason) => {
    const error = await expectRefusal(rawZip([{ name: 'evil', ...entry }]), 'archiveEntryRefused');
    expect(error).toMatchObject({ data: { entry: 'evil', reason } });
  });

  it.each<[string, Partial<RawZipEntry>]>([
    ['has another checksum', { crc: 1 }],
    ['has another checksum and is stored', { crc: 1, method: 0 }],
    ['inflates to more than it says', { size: 2 }],
    ['inflates to less than it says', { size: 1_000 }],
    ['is stored with another size', { size: 1, method: 0 }],
    ['is no deflate stream', { packed: Buffer.from('garbage, not deflated') }],
    ['is a deflate stream without its end', { packed: deflateRawSync(randomBytes(1_000)).subarray(0, 500) }],
  ])('that %s makes the archive unreadable', async (_what, entry) => {
    const zip = rawZip([{ name: 'file', content: 'the content', ...entry }]);
    expect(await expectRefusal(zip, 'archiveUnreadable')).toMatchObject({ data: { reason: expect.any(String) } });
  });

  it('keeps no bit of its mode, setuid least of all', async () => {
    const directory = await open(rawZip([{ name: 'tool', unixMode: 0o104755, content: '#!/bin/sh' }]));
    expect((await stat(join(directory, 'tool'))).mode & 0o7777).toBe(0o444);
  });
});

describe('an entry of a tar', () => {
  it.each<[string, TarEntry]>([
    ['a link', { name: 'evil', type: 'symlink', linkname: '/etc/passwd' }],
    ['a link out', { name: 'evil', type: 'symlink', linkname: '../..' }],
    ['a hard link', { name: 'evil', type: 'link', linkname: '/etc/passwd' }],
    ['a pipe', { name: 'evil', type: 'fifo' }],
    ['a character device', { name: 'evil', type: 'character-device' }],
    ['a block device', { name: 'evil', type: 'block-device' }],
  ])('that is %s is refused', async (_what, entry) => {
    const error = await expectRefusal(await tarGzOfEntries([{ name: 'a' }, entry]), 'archiveEntryRefused');
    expect(error).toMatchObject({ data: { entry: 'evil' } });
  });

  it('keeps no bit of its mode', async () => {
    const directory = await open(await tarGzOfEntries([{ name: 'tool', mode: 0o6755 }]));
    expect((await stat(join(directory, 'tool'))).mode & 0o7777).toBe(0o444);
  });
});

describe('a tar with everything in one folder', () => {
  it('is unpacked without that folder where the manifest is in it, as TorchServe does', async () => {
    const directory = await open(await tarGzOf({ 'chain/WAR-INF/MANIFEST.json': '{}', 'chain/spec.yaml': '' }));
    expect((await readdir(directory)).sort()).toEqual(['WAR-INF', 'spec.yaml']);
  });

  it('is unpacked as it is where there is no manifest', async () => {
    expect(await readdir(await open(await tarGzOf({ 'chain/spec.yaml': '' })))).toEqual(['chain']);
  });

  it('is unpacked as it is where the folder is that of the manifest', async () => {
    expect(await readdir(await open(await tarGzOf({ 'WAR-INF/MANIFEST.json': '' })))).toEqual(['WAR-INF']);
  });
});

describe('an archive beyond a limit', () => {
  const packs = [
    ['zip', zipOf],
    ['tar', tarGzOf],
  ] as const;

  it.each(packs)('of entries is stopped: %s', async (_format, pack) => {
    const files = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}`, '']));
    const error = await expectRefusal(await pack(files), 'archiveLimitExceeded', { maxEntries: 10 });
    expect(error).toMatchObject({ data: { limit: 'entries', allowed: 10 } });
  });

  it.each(packs)('of inflated bytes is stopped: %s', async (_format, pack) => {
    const content = await pack({ a: Buffer.alloc(60_000), b: Buffer.alloc(60_000) });
    const error = await expectRefusal(content, 'archiveLimitExceeded', { maxInflatedBytes: 100_000 });
    expect(error).toMatchObject({ data: { limit: 'bytes when unpacked', allowed: 100_000 } });
  });

  it.each(packs)('of the ratio is stopped, above a megabyte: %s', async (_format, pack) => {
    const error = await expectRefusal(await pack({ bomb: Buffer.alloc(3_000_000) }), 'archiveLimitExceeded');
    expect(error).toMatchObject({ data: { limit: 'times its packed size when unpacked', allowed: 200 } });
  });

  it.each(packs)('of the ratio is accepted below a megabyte: %s', async (_format, pack) => {
    expect(await readdir(await open(await pack({ zeros: Buffer.alloc(1_000_000) })))).toEqual(['zeros']);
  });

  it('by entries that share their bytes is stopped', async () => {
    const kernel = deflateRawSync(Buffer.alloc(1_000_000));
    const entries = Array.from({ length: 50 }, (_, i) => ({
      name: `${i}`,
      content: Buffer.alloc(1_000_000),
      packed: kernel,
    }));
    await expectRefusal(rawZip(entries), 'archiveLimitExceeded');
  });

  it('by what comes after the end of a tar is stopped', async () => {
    const tar = gunzipSync(await tarGzOf({ a: 'x' }));
    await expectRefusal(gzipSync(Buffer.concat([tar, Buffer.alloc(5_000_000)])), 'archiveLimitExceeded');
  });
});

describe('an archive that is cut off', () => {
  it.each([
    ['zip', zipOf],
    ['tar', tarGzOf],
  ])('is unreadable at any length: %s', async (_format, pack) => {
    const whole = await pack({ 'WAR-INF/MANIFEST.json': '{}', data: randomBytes(700) });
    for (const length of [1, 2, 10, 100, whole.length - 100, whole.length - 1]) {
      await expectRefusal(whole.subarray(0, length), 'archiveUnreadable');
      await temporary.dispose();
    }
    await open(whole);
  });

  it('within its tar is unreadable', async () => {
    const tar = gunzipSync(await tarGzOf({ a: randomBytes(2_000) }));
    await expectRefusal(gzipSync(tar.subarray(0, 1_500)), 'archiveUnreadable');
  });

  it('within its tar and still gzipped rightly is told from one that is no tar', async () => {
    await expectRefusal(gzipSync('not a tar at all'), 'archiveUnreadable');
    await temporary.dispose();
    await expectRefusal(gzipSync(randomBytes(4_096)), 'archiveUnreadable');
  });
});

describe('a zip whose numbers lie', () => {
  const far = Buffer.alloc(8, 0xff);

  it('about where the zip64 directory is, is unreadable', async () => {
    const locator = Buffer.concat([Buffer.from('PK\x06\x07'), Buffer.alloc(4), far, Buffer.from([1, 0, 0, 0])]);
    const zip = rawZip([{ name: 'a', content: 'x' }]);
    const evil = Buffer.concat([zip.subarray(0, -22), locator, zip.subarray(-22)]);
    await expectRefusal(evil, 'archiveUnreadable');
  });

  it.each([
    ['how large an entry is', 18],
    ['where an entry is', 36],
  ])('by zip64 about %s, is unreadable', async (_what, at) => {
    const extra = Buffer.concat([Buffer.from([1, 0, 24, 0]), far, far, far]);
    const zip = rawZip([{ name: 'a', content: 'x', extra }]);
    const central = zip.indexOf('PK\x01\x02');
    Buffer.alloc(4, 0xff).copy(zip, central + at + 6);
    await expectRefusal(zip, 'archiveUnreadable');
  });

  it('about how many entries there are, is unreadable', async () => {
    const zip = rawZip([{ name: 'a', content: 'x' }]);
    zip.writeUInt16LE(2, zip.length - 12);
    await expectRefusal(zip, 'archiveUnreadable');
  });
});
