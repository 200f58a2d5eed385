import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { InMemoryArchiveStore } from '@torchweave/testing/in-memory/archive-store';
import { describe, expect, it } from 'vitest';
import { assertUploaded, UploadedArchives } from './uploaded-archives.js';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const stream = (content: string): Readable => Readable.from([...content].map((letter) => Buffer.from(letter)));

const digestsIn = async (archives: InMemoryArchiveStore): Promise<string[]> =>
  (await archives.list()).map(({ digest }) => digest);

describe('uploaded archives', () => {
  it('are stored as they come, up to the limit', async () => {
    const archives = new InMemoryArchiveStore();
    const uploads = new UploadedArchives(archives, { maxBytes: 3, limit: 1 });
    expect(await uploads.receive(stream('abc'), undefined)).toBe(sha256('abc'));
    await expect(uploads.receive(stream('abcd'), undefined)).rejects.toMatchObject({
      ...{ code: 'uploadTooLarge', status: 413, data: { limitBytes: 3 } },
    });
    expect(await digestsIn(archives)).toEqual([sha256('abc')]);
  });

  it('are the ones that the request demands', async () => {
    const archives = new InMemoryArchiveStore();
    const uploads = new UploadedArchives(archives, { maxBytes: 9, limit: 1 });
    expect(await uploads.receive(stream('abc'), sha256('abc').toUpperCase())).toBe(sha256('abc'));
    await expect(uploads.receive(stream('abd'), sha256('abc'))).rejects.toMatchObject({
      ...{ code: 'uploadDigestMismatch', data: { expected: sha256('abc'), actual: sha256('abd') } },
    });
    await expect(uploads.receive(stream(''), undefined)).rejects.toMatchObject({ code: 'bodyMalformed' });
    expect(await digestsIn(archives)).toEqual([sha256('abc')]);
  });

  it('come so many at once, and the next has room when one has failed', async () => {
    const uploads = new UploadedArchives(new InMemoryArchiveStore(), { maxBytes: 9, limit: 2 });
    const slow = [new Readable({ read: () => undefined }), new Readable({ read: () => undefined })];
    const underWay = slow.map((content) => uploads.receive(content, undefined));
    let isRead = false;
    const untouched = new Readable({ read: () => void (isRead = true) });
    await expect(uploads.receive(untouched, undefined)).rejects.toMatchObject({ code: 'overloaded', status: 503 });
    expect(isRead).toBe(false);
    slow[0]?.destroy(new Error('cut off'));
    await expect(underWay[0]).rejects.toThrow('cut off');
    expect(await uploads.receive(stream('abc'), undefined)).toBe(sha256('abc'));
    slow[1]?.push('x');
    slow[1]?.push(null);
    expect(await underWay[1]).toBe(sha256('x'));
  });
});

describe('assertUploaded', () => {
  it('says that a worker has no such archive', async () => {
    await expect(assertUploaded(new InMemoryArchiveStore(), 'd')).rejects.toMatchObject({
      code: 'uploadMissing',
      data: { digest: 'd' },
    });
  });

  it('says anything else as it is', async () => {
    const failing = { read: () => Promise.reject(new Error('EIO')) };
    await expect(assertUploaded(failing, 'd')).rejects.toThrow('EIO');
  });
});
