import { packTarGz, packZip, type PackEntry } from '@torchweave/archive-format';
import { isTorchweaveError } from '@torchweave/domain';
import { tarGzOf, workflowFiles, zipOf } from '@torchweave/testing/builders';
import { inChunks } from '@torchweave/testing/port-conformance/archive-store';
import fc from 'fast-check';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryStore, type TemporaryStore } from './temporary-store.js';

let temporary: TemporaryStore;
let elsewhere: string;

beforeAll(async () => {
  temporary = await temporaryStore();
  elsewhere = await mkdtemp(join(tmpdir(), 'packed-'));
});
afterAll(async () => {
  await temporary.dispose();
  await rm(elsewhere, { recursive: true });
});

/** Together ten thousand archives: trees in two formats, batches of mutations of three. */
const trees = 100;
const archivesOfABatch = 20;
const batches = { zip: 300, 'gzipped tar': 100, 'tar inside its gzip': 90 };

const archiveFaults = new Set(['archiveUnreadable', 'archiveEntryRefused', 'archiveLimitExceeded']);

/** A part of a path: letters of any script, without what no archive may hold. */
const namePart = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => text.replace(/[/\\:\u0000-\u001f\u007f]/g, '_'));

/** Files with distinct paths, some in folders. Numbers keep names apart, whatever a file system folds. */
const tree: fc.Arbitrary<PackEntry[]> = fc
  .array(
    fc.record({
      folders: fc.array(fc.constantFrom('a', 'bücher', 'с', '文'), { maxLength: 4 }),
      name: namePart,
      content: fc.uint8Array({ maxLength: 3_000 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((files) =>
    files.map(({ folders, name, content }, i) => ({
      path: [...folders, `${i}-${name}`].join('/'),
      source: Buffer.from(content),
    })),
  );

async function filesOf(directory: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(async (path) => [path.slice(directory.length + 1), await readFile(path)] as const);
  return new Map(await Promise.all(read));
}

describe.each([
  ['zip', packZip],
  ['gzipped tar', packTarGz],
])('any tree packed as a %s', (_format, pack) => {
  it('unpacks to itself', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(tree, async (entries) => {
      const packed = join(elsewhere, 'tree');
      await pack(entries, packed);
      const { digest } = await temporary.store.put(inChunks(await readFile(packed)));
      const { directory } = await temporary.store.open(digest);
      const expected = new Map(entries.map(({ path, source }) => [path, Buffer.from(source)]));
      expect(await filesOf(directory)).toEqual(expected);
    });
    await fc.assert(property, { numRuns: trees });
  });
});

/** Bytes that are written over others, cut off or put in between. */
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constant(new Uint8Array(8).fill(0xff)),
    fc.constant(new Uint8Array(4)),
  ),
  kind: fc.constantFrom('overwrite', 'overwrite', 'overwrite', 'insert', 'cut'),
});

function mutate(whole: Buffer, { at, bytes, kind }: typeof mutation extends fc.Arbitrary<infer T> ? T : never): Buffer {
  const place = Math.floor(at * whole.length);
  if (kind === 'cut') return whole.subarray(0, place);
  const rest = whole.subarray(kind === 'insert' ? place : place + bytes.length);
  return Buffer.concat([whole.subarray(0, place), bytes, rest]);
}

async function openOrRefuse(archive: Buffer): Promise<void> {
  const { digest } = await temporary.store.put(inChunks(archive));
  try {
    await temporary.store.open(digest);
  } catch (error) {
    if (!isTorchweaveError(error) || !archiveFaults.has(error.code)) throw error;
  }
}

async function expectNothingOutside(): Promise<void> {
  expect(await readdir(join(temporary.directory, '..'))).toEqual(['store']);
  expect(await readdir(join(temporary.directory, 'tmp'))).toEqual([]);
}

describe('any mutation of an archive', { timeout: 300_000 }, () => {
  const files = workflowFiles({ files: { 'data/': '', 'data/a.txt': 'a'.repeat(300), 'data/b.txt': 'b' } });
  const same = (bytes: Buffer): Buffer => bytes;

  it.each<[keyof typeof batches, () => Promise<Buffer>, (bytes: Buffer) => Buffer, (bytes: Buffer) => Buffer]>([
    ['zip', () => zipOf(files), same, same],
    ['gzipped tar', () => tarGzOf(files), same, same],
    [
      'tar inside its gzip',
      () => tarGzOf(files),
      (bytes: Buffer) => gunzipSync(bytes),
      (bytes: Buffer) => gzipSync(bytes),
    ],
  ])('opens or is refused as an archive, and leaves nothing elsewhere: %s', async (format, pack, before, after) => {
    const whole = before(await pack());
    const batch = fc.array(fc.array(mutation, { minLength: 1, maxLength: 3 }), {
      minLength: archivesOfABatch,
      maxLength: archivesOfABatch,
    });
    const property = fc.asyncProperty(batch, async (archives) => {
      await Promise.all(archives.map((mutations) => openOrRefuse(after(mutations.reduce(mutate, whole)))));
      await expectNothingOutside();
    });
    await fc.assert(property, { numRuns: batches[format] });
  });
});
