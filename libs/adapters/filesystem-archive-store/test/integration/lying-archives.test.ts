import type { ArchiveLimits } from '@torchweave/archive-format';
import { rawZip, tarGzOf, tarGzOfEntries, zipOf } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

let temporary: TemporaryStore;

afterEach(() => temporary.dispose());

async function open(content: Buffer, limits?: Partial<ArchiveLimits>): Promise<string[]> {
  temporary = await temporaryStore(limits);
  const { digest } = await temporary.store.put(inChunks(content));
  return readdir((await temporary.store.open(digest)).directory);
}

const refusalOf = async (content: Buffer, limits?: Partial<ArchiveLimits>): Promise<string> => {
  const error = (await open(content, limits).catch((thrown: unknown) => thrown)) as { code?: string; message: string };
  expect(error).toMatchObject({
    code: expect.stringMatching(/^archive(Unreadable|EntryRefused|LimitExceeded)$/) as string,
  });
  return error.message;
};

/** Bytes written over others, from the place of the nth occurrence of a signature on. */
function overwrite(whole: Buffer, signature: string, at: number, bytes: Buffer | string, nth = 0): Buffer {
  const copy = Buffer.from(whole);
  let place = -1;
  for (let i = 0; i <= nth; i += 1) place = copy.indexOf(signature, place + 1, 'latin1');
  Buffer.from(bytes).copy(copy, place + at);
  return copy;
}

const local = 'PK\x03\x04';
const central = 'PK\x01\x02';
const end = 'PK\x05\x06';
const long = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const short = (value: number): Buffer => long(value).subarray(0, 2);

/** An entry that says behind its content what it is, as archivers that cannot go back write it. */
function streamed(
  descriptor: (crc: number, packed: number, size: number) => Buffer,
  sizes: readonly [number, number] = [0, 0],
): Buffer {
  const plain = rawZip([{ name: 'a', content: 'content', method: 0 }]);
  const crc = plain.readUInt32LE(14);
  const header = overwrite(plain.subarray(0, 31), local, 6, short(0x808));
  Buffer.concat([long(0), long(sizes[0]), long(sizes[1])]).copy(header, 14);
  const directory = overwrite(plain.subarray(plain.indexOf(central)), central, 8, short(0x808));
  const content = Buffer.concat([header, plain.subarray(31, 38), descriptor(crc, 7, 7)]);
  return Buffer.concat([content, overwrite(directory, end, 16, long(content.length))]);
}

const described = Buffer.from('PK\x07\x08', 'latin1');
const wide = (value: number): Buffer => Buffer.concat([long(value), long(0)]);

describe('a zip', () => {
  const plain = rawZip([
    { name: 'handler.py', content: 'first' },
    { name: 'spec.yaml', content: 'second' },
  ]);
  const at = (signature: string, place: number, bytes: Buffer | string) => (): Buffer =>
    overwrite(plain, signature, place, bytes);
  const comment = (text: Buffer): Buffer => Buffer.concat([overwrite(plain, end, 20, short(text.length)), text]);
  const field = (id: number, data: Buffer): Buffer => Buffer.concat([short(id), short(data.length), data]);
  const unicodeName = (name: string): Buffer =>
    field(0x7075, Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), Buffer.from(name)]));

  it.each<[string, () => Buffer, RegExp]>([
    [
      'whose entry has another name before its content',
      at(local, 30, 'HANDLER.py'),
      /two names, "handler\.py" and "HANDLER\.py"$/,
    ],
    ['whose entry has a longer name before its content', at(local, 26, short(11)), /two names/],
    [
      'whose entry has another Unicode name',
      () => rawZip([{ name: 'a', extra: unicodeName('b') }]),
      /two names, "a" and "b"$/,
    ],
    [
      'whose entry has another method before its content',
      at(local, 8, short(0)),
      /says two things of its entry "handler\.py"/,
    ],
    ['whose entry is encrypted by what stands before its content', at(local, 6, short(0x801)), /says two things/],
    ['whose entry has another checksum before its content', at(local, 14, long(1)), /says two things/],
    ['whose entry has another packed size before its content', at(local, 18, long(1)), /says two things/],
    ['whose entry has another size before its content', at(local, 22, long(1)), /says two things/],
    [
      'whose entry has no sizes before its content and none behind it',
      () => streamed(() => Buffer.alloc(0)),
      /belong to none$/,
    ],
    [
      'with something before its first entry',
      () => Buffer.concat([Buffer.from('PK#!/bin/sh\n'), plain]),
      /bytes before/,
    ],
    [
      'with something before its first entry, of which it knows',
      () => {
        const shifted = overwrite(
          overwrite(overwrite(plain, central, 42, long(4)), central, 42, long(4 + plain.indexOf(local, 4)), 1),
          end,
          16,
          long(plain.indexOf(central) + 4),
        );
        return Buffer.concat([Buffer.from('PK!!'), shifted]);
      },
      /bytes before its first entry$/,
    ],
    ['with a byte behind its end', () => Buffer.concat([plain, Buffer.from('\n')]), /bytes behind its end$/],
    ['with another zip behind its end', () => Buffer.concat([plain, plain]), /several end records$/],
    ['with a second end record', () => Buffer.concat([plain, plain.subarray(-22)]), /several end records$/],
    ['with an end record in its comment', () => comment(plain.subarray(-22)), /several end records$/],
    [
      'with something between its directory and its end',
      () => Buffer.concat([plain.subarray(0, -22), Buffer.from('x'), plain.subarray(-22)]),
      /between its directory and its end$/,
    ],
    [
      'with something between its entries and its directory',
      () =>
        overwrite(
          Buffer.concat([
            plain.subarray(0, plain.indexOf(central)),
            Buffer.from('hidden'),
            plain.subarray(plain.indexOf(central)),
          ]),
          end,
          16,
          long(plain.indexOf(central) + 6),
        ),
      /bytes behind its entry "spec\.yaml" that belong to none$/,
    ],
    [
      'with an entry that its directory does not have',
      () => {
        const second = plain.indexOf(central, plain.indexOf(central) + 4, 'latin1');
        const left = Buffer.concat([plain.subarray(0, second), plain.subarray(-22)]);
        return overwrite(
          overwrite(left, end, 8, Buffer.concat([short(1), short(1)])),
          end,
          12,
          long(second - plain.indexOf(central)),
        );
      },
      /bytes behind its entry "handler\.py"/,
    ],
    ['whose entries share their bytes', () => overwrite(plain, central, 42, long(0), 1), /two names|share bytes/],
    [
      'with a folder that has content',
      () => rawZip([{ name: 'a/', content: 'hidden' }]),
      /a folder with content, "a\/"$/,
    ],
    [
      'that counts fewer entries than its directory has',
      () => overwrite(plain, end, 8, Buffer.concat([short(1), short(1)])),
      /more in its directory/,
    ],
    ['that is a part of several', () => overwrite(plain, end, 4, short(1)), /a part of several$/],
    [
      'with a descriptor that says something else',
      () => streamed((_, packed, size) => Buffer.concat([described, long(1), long(packed), long(size)])),
      /belong to none$/,
    ],
    [
      'with a descriptor and more behind it',
      () => streamed((crc, packed, size) => Buffer.concat([described, long(crc), long(packed), long(size), long(0)])),
      /belong to none$/,
    ],
  ])('%s is refused with a sentence', async (_what, build, message) => {
    expect(await refusalOf(build())).toMatch(/^The archive cannot be read: the zip /);
    await temporary.dispose();
    expect(await refusalOf(build())).toMatch(message);
  });

  it.each<[string, () => Buffer | Promise<Buffer>]>([
    ['a comment', () => comment(Buffer.from('made by hand'))],
    ['no entries', () => rawZip([])],
    ['a zip inside, stored', () => rawZip([{ name: 'inner.zip', content: plain, method: 0 }])],
    [
      'the beginning of an end record inside of a stored entry',
      () => rawZip([{ name: 'a', content: `${end}\0\0`, method: 0 }]),
    ],
    [
      'a Unicode name beside one of an old encoding',
      () => rawZip([{ name: Buffer.from([0x81]), flags: 0, extra: unicodeName('ü') }]),
    ],
    ['a folder whose nothing is deflated', () => rawZip([{ name: 'a/', content: '', method: 8 }])],
    ['padding in an extra block', () => rawZip([{ name: 'a', extra: Buffer.alloc(3) }])],
    [
      'a descriptor',
      () => streamed((crc, packed, size) => Buffer.concat([described, long(crc), long(packed), long(size)])),
    ],
    [
      'a descriptor without a signature',
      () => streamed((crc, packed, size) => Buffer.concat([long(crc), long(packed), long(size)])),
    ],
    [
      'a descriptor of 64 bits',
      () => streamed((crc, packed, size) => Buffer.concat([described, long(crc), wide(packed), wide(size)])),
    ],
    [
      'a descriptor of 64 bits without a signature',
      () => streamed((crc, packed, size) => Buffer.concat([long(crc), wide(packed), wide(size)])),
    ],
    [
      'sizes on both sides',
      () => streamed((crc, packed, size) => Buffer.concat([described, long(crc), long(packed), long(size)]), [7, 7]),
    ],
  ])('with %s opens', async (_what, build) => {
    await expect(open(await build())).resolves.toBeInstanceOf(Array);
  });
});

/** A block that begins a tar's entry, its checksum right. */
function tarBlock(name: string, type: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 'latin1');
  block.write('0000644\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`        ${type}`, 148);
  block.write('ustar\x0000', 257, 'latin1');
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
const tarEntry = (name: string, type: string, content: Buffer | string = ''): Buffer =>
  Buffer.concat([tarBlock(name, type, Buffer.from(content).length), padded(Buffer.from(content))]);
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + String(bytes + String(bytes).length).length;
  return `${length}${rest}`;
}
const tarEnd = Buffer.alloc(1_024);
/** Noise keeps the ratio of packed to inflated out of it. */
const packed = (...parts: Buffer[]): Buffer => gzipSync(Buffer.concat([...parts, tarEnd]));
const file = tarEntry('f', '0', 'content');

describe('a gzipped tar', () => {
  it.each<[string, () => Buffer | Promise<Buffer>, RegExp]>([
    [
      'with bytes behind its end',
      () => gzipSync(Buffer.concat([file, tarEnd, Buffer.from('hidden')])),
      /bytes behind its end$/,
    ],
    [
      'with an entry behind its end',
      () => gzipSync(Buffer.concat([file, tarEnd, file, tarEnd])),
      /bytes behind its end$/,
    ],
    [
      'with bytes behind its gzip',
      () => Buffer.concat([packed(file), Buffer.from('hidden')]),
      /or has bytes behind its end$/,
    ],
    [
      'with very many bytes behind its gzip',
      () => Buffer.concat([packed(file), Buffer.alloc(1_000_000, 'x')]),
      /bytes behind its end$/,
    ],
    [
      'with a second tar in a gzip of its own behind it',
      () => Buffer.concat([packed(file), packed(file)]),
      /bytes behind its end$/,
    ],
    ['with a wrong checksum', () => packed(overwrite(file, 'f', 1, 'g')), /the checksum of a header in it is wrong$/],
    [
      'that gives an entry two names',
      () => packed(tarEntry('x', 'x', record('path', 'a')), tarEntry('x', 'L', 'b\0'), file),
      /two names$/,
    ],
    [
      'with a record twice',
      () => packed(tarEntry('x', 'x', record('path', 'a') + record('path', 'b')), file),
      /two records "path"$/,
    ],
    [
      'that gives all entries one name',
      () => packed(tarEntry('x', 'g', record('path', 'a')), file),
      /one name or size$/,
    ],
    [
      'that gives an entry two sizes',
      () => packed(tarEntry('x', 'x', record('size', '3')), file),
      /entry "f": it has two sizes$/,
    ],
    [
      'with a file with holes',
      () => packed(tarEntry('x', 'x', record('GNU.sparse.major', '1')), file),
      /a file with holes$/,
    ],
    ['with a folder that has content', () => packed(tarEntry('d', '5', 'hidden')), /a folder with content$/],
    [
      'with a header that speaks of nothing',
      () => packed(file, tarEntry('x', 'x', record('path', 'a'))),
      /ends behind a header/,
    ],
    [
      'with a pax header that is none',
      () => packed(tarEntry('x', 'x', '99 path=a\n'), file),
      /a pax header in it is malformed$/,
    ],
    [
      'with a pax header without a key',
      () => packed(tarEntry('x', 'x', '5 ab\n'), file),
      /a pax header in it is malformed$/,
    ],
    ['with a size that is no number', () => packed(overwrite(file, 'f', 124, '0000000000z')), /./],
    ['with a negative size', () => packed(overwrite(file, 'f', 124, Buffer.alloc(12, 0xff))), /./],
  ])('%s is refused with a sentence', async (_what, build, message) => {
    expect(await refusalOf(await build())).toMatch(message);
  });

  it.each<[string, () => Buffer | Promise<Buffer>, string[]]>([
    [
      'a name in a pax header',
      () => packed(tarEntry('x', 'x', record('mtime', '1.5') + record('path', 'ü'.repeat(60))), file),
      ['ü'.repeat(60)],
    ],
    [
      'a long name as GNU writes it',
      () => packed(tarEntry('././@LongLink', 'L', `${'n'.repeat(150)}\0`), file),
      ['n'.repeat(150)],
    ],
    [
      'a comment for all, as git writes it',
      () => packed(tarEntry('pax_global_header', 'g', record('comment', 'abc')), file),
      ['f'],
    ],
    ['many blocks of zeros at its end', () => gzipSync(Buffer.concat([file, Buffer.alloc(10_240)])), ['f']],
    ['no blocks at its end', () => gzipSync(file), ['f']],
    ['its gzip in several pieces', () => Buffer.concat([gzipSync(file), gzipSync(tarEnd)]), ['f']],
    ['a type of old times', () => packed(tarEntry('old', '\0', 'x')), ['old']],
  ])('with %s opens', async (_what, build, names) => {
    expect(await open(await build())).toEqual(names);
  });

  const noise = (bytes: number): string => randomBytes(bytes).toString('hex').slice(0, bytes);
  const paxOf = (bytes: number): Buffer => {
    const key = 'SCHILY.xattr.user.x';
    const overhead = record(key, noise(bytes)).length - bytes;
    return tarEntry('x', 'x', record(key, noise(bytes - overhead)));
  };

  it('may have a pax header of 64 KiB, and no longer one', async () => {
    expect(await open(packed(paxOf(65_536), file))).toEqual(['f']);
    await temporary.dispose();
    expect(await refusalOf(packed(paxOf(65_537), file))).toMatch(/more than 65536 bytes of one pax header\.$/);
  });

  it('may have four headers before an entry, and no more', async () => {
    const [global, own] = [tarEntry('x', 'g', record('comment', 'c')), tarEntry('x', 'x', record('mtime', '1'))];
    const link = tarEntry('x', 'K', 'l\0');
    const name = tarEntry('x', 'L', 'n\0');
    expect(await open(packed(global, own, link, name, file))).toEqual(['n']);
    await temporary.dispose();
    expect(await refusalOf(packed(global, global, own, link, name, file))).toMatch(
      /more than 4 headers before one entry\.$/,
    );
  });

  it('may have pax headers of 16 MiB together, and no more', async () => {
    const headers = (count: number): Buffer =>
      Buffer.concat(Array.from({ length: count }, (_, i) => [paxOf(65_536), tarEntry(`f${i}`, '0')]).flat());
    expect(await open(packed(headers(256)))).toHaveLength(256);
    await temporary.dispose();
    expect(await refusalOf(packed(headers(257)))).toMatch(/more than 16777216 bytes of pax headers\.$/);
  });
});

describe('folders that only the names of files name', () => {
  it('are counted as entries are', async () => {
    const names = (folders: number) => [{ name: `${Array.from({ length: folders }, (_, i) => `${i}`).join('/')}/f` }];
    for (const pack of [rawZip, tarGzOfEntries]) {
      expect(await open(await pack(names(10)), { maxEntries: 10 })).toEqual(['0']);
      await temporary.dispose();
      expect(await refusalOf(await pack(names(11)), { maxEntries: 10 })).toMatch(/more than 10 folders\.$/);
      await temporary.dispose();
    }
  });
});

describe('what our own builders pack', () => {
  it('opens', async () => {
    expect(await open(await zipOf({ a: 'x' }))).toEqual(['a']);
    await temporary.dispose();
    expect(await open(gzipSync(gunzipSync(await tarGzOf({ a: 'x' }))))).toEqual(['a']);
  });
});
