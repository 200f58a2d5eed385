import { zipOf } from '@torchweave/testing/builders';
import fc from 'fast-check';
import JSZip from 'jszip';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultLimits, packTarGz, packWorkflowArchive, packZip, unpack, type PackEntry } from '../../src/index.js';
import { packSmallZip } from '../../src/packing/pack-small-zip.js';

let folder: string;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-format-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newPath = (): string => join(folder, `${(made += 1)}`);

type Writer = (entries: readonly PackEntry[], destination: string, sourceDate?: Date) => Promise<void>;

const writers: Readonly<Record<string, Writer>> = {
  'jszip, for workflows': packSmallZip,
  'the streaming zip, for models': packZip,
  'the gzipped tar': packTarGz,
  'what the tests pack with': async (entries, destination) => {
    const files = entries.map(({ path, source }) => [path, source]);
    await writeFile(destination, await zipOf(Object.fromEntries(files) as Record<string, string | Buffer>));
  },
};

/** Path to content in hex, of all files below a folder. */
async function contentOf(directory: string): Promise<Record<string, string>> {
  const found = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = found.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [relative(directory, path), (await readFile(path)).toString('hex')] as const;
  });
  return Object.fromEntries((await Promise.all(files)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function unpacked(archive: string): Promise<Record<string, string>> {
  const into = newPath();
  await mkdir(into);
  return contentOf(await unpack(archive, into, defaultLimits));
}

/** Names of the alphabets that people use; folders end in `.d`, so that none is a file too. */
const name = fc.stringMatching(/^[a-zA-Z0-9_é日][-a-zA-Z0-9_.é日 ]{0,10}[a-z0-9]$/);
const path = fc
  .tuple(fc.array(name, { maxLength: 3 }), name)
  .map(([folders, file]) => [...folders.map((each) => `${each}.d`), `${file}.f`].join('/'));
const content = fc.oneof(
  fc.uint8Array({ maxLength: 2_000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(5_000))
    .map(([bytes, times]) => Buffer.alloc(times, bytes)),
);
const trees = fc.uniqueArray(
  fc.tuple(
    path,
    content.map((bytes) => Buffer.from(bytes)),
  ),
  {
    minLength: 1,
    maxLength: 8,
    // By the name that a file system blind to case and Unicode form would see.
    selector: ([each]) => each.normalize('NFC').toLowerCase(),
    comparator: (a, b) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`),
  },
);
const entriesOf = (tree: readonly (readonly [string, Buffer])[]): PackEntry[] =>
  tree.map(([each, source]) => ({ path: each, source }));
/** Folders that differ by case alone are refused, as they should be. */
const isSound = (tree: readonly (readonly [string, Buffer])[]): boolean => {
  const folders = new Set(
    tree.flatMap(([each]) =>
      each
        .split('/')
        .slice(0, -1)
        .map((_part, i, parts) => parts.slice(0, i + 1).join('/')),
    ),
  );
  return new Set([...folders].map((each) => each.normalize('NFC').toLowerCase())).size === folders.size;
};

describe.each(Object.entries(writers))('what %s packs', (_writer, write) => {
  it('is read back as it was', async () => {
    const property = fc.asyncProperty(trees.filter(isSound), async (tree) => {
      const archive = newPath();
      await write(entriesOf(tree), archive);
      const expected = tree.map(([each, bytes]) => [each, bytes.toString('hex')] as const);
      expect(await unpacked(archive)).toEqual(Object.fromEntries(expected));
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe.each(Object.entries(writers).slice(0, 3))('the bytes of %s', (writer, write) => {
  const entries: PackEntry[] = ['b/c.txt', 'a.txt', 'é.txt', 'b/10', 'b/9'].map((each) => ({
    path: each,
    source: Buffer.from(each),
  }));
  const bytesOf = async (given: readonly PackEntry[], sourceDate?: Date): Promise<string> => {
    const archive = newPath();
    await write(given, archive, sourceDate);
    return createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
  };

  it('are the same whatever the order, the files and the clock of the machine', async () => {
    const files = await Promise.all(
      entries.map(async ({ path: inside, source }) => {
        const file = newPath();
        await writeFile(file, source);
        await chmod(file, 0o700);
        await utimes(file, 1, 1);
        return { path: inside, source: file };
      }),
    );
    // A stream from a file has its checksum behind it, a buffer before it.
    const given = writer.includes('streaming') ? files : entries;
    const expected = await bytesOf(given);
    expect(await bytesOf(given.toReversed())).toBe(expected);
    expect(await bytesOf(files)).toBe(expected);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Kathmandu';
    try {
      expect(await bytesOf(given)).toBe(expected);
      const date = new Date('2024-03-10T02:30:00Z');
      const there = await bytesOf(given, date);
      process.env['TZ'] = 'America/New_York';
      expect(await bytesOf(given, date)).toBe(there);
      expect(there).not.toBe(expected);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('a workflow archive', () => {
  const pack = async (more: object): Promise<Buffer> => {
    const [spec, exportPath] = [join(newPath(), 'spec.yaml'), newPath()];
    await mkdir(join(spec, '..'));
    await mkdir(exportPath);
    await writeFile(spec, 'dag: {a: []}\n');
    const options = {
      workflowName: 'w',
      specFile: spec,
      exportPath,
      format: 'default',
      force: false,
      archiverVersion: 'v',
    } as const;
    return readFile(await packWorkflowArchive({ ...options, ...more }));
  };

  it('has all of its entries, and its manifest, of the source date, in UTC', async () => {
    const bytes = await pack({ sourceDate: new Date('2023-11-14T22:13:20Z') });
    const { files } = await JSZip.loadAsync(bytes);
    const entries = Object.values(files).map(({ name: file, date, unixPermissions }) => [
      file,
      date.toISOString(),
      unixPermissions,
    ]);
    expect(entries).toEqual(
      ['WAR-INF/MANIFEST.json', 'spec.yaml'].map((file) => [file, '2023-11-14T22:13:20.000Z', 0o100644]),
    );
    const manifest = JSON.parse((await files['WAR-INF/MANIFEST.json']?.async('string')) ?? '') as object;
    expect(manifest).toMatchObject({ createdOn: '14/11/2023 22:13:20' });
    expect(await pack({ sourceDate: new Date('2023-11-14T22:13:20Z') })).toEqual(bytes);
  });

  it('of a time that a zip cannot write has the nearest that it can', async () => {
    const { files } = await JSZip.loadAsync(await pack({ sourceDate: new Date(0) }));
    expect(files['spec.yaml']?.date.toISOString()).toBe('1980-01-01T00:00:00.000Z');
  });

  it('that is not small is written all the same, as a stream', async () => {
    const large = newPath();
    await writeFile(large, '');
    await truncate(large, 64 * 1024 ** 2 + 1);
    const archive = newPath();
    await packSmallZip([{ path: 'a', source: large }], archive);
    // A stream knows no size before the content, and says so in the third bit of the flags.
    const bytes = await readFile(archive);
    expect([bytes.readUInt16LE(6) & 8, Object.keys((await JSZip.loadAsync(bytes)).files)]).toEqual([8, ['a']]);
  });
});
