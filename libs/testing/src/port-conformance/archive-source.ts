import type { ArchiveSource } from '@torchweave/application';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** bytes of the largest archive that the source takes. */
export const mostBytes = 300_000;
/** An archive of so many, in whatever chunks it comes. */
export const longest = randomBytes(mostBytes);
export const tooLong = Buffer.alloc(mostBytes + 1);

/** A source, and what lies where it looks: by names in its workflow store, and by URLs of every scheme that it knows. */
export interface ArchivesToReach {
  readonly source: ArchiveSource;
  /** Where {@link longest} is. */
  readonly present: readonly string[];
  /** Where {@link tooLong} is. */
  readonly tooLong: readonly string[];
  /** Where nothing is, and the code of the error that tells. */
  readonly missing: Readonly<Record<string, string>>;
  /** A URL that no rule allows. */
  readonly forbidden: string;
  /** Sends some bytes and breaks off. */
  readonly broken: string;
  /** Sends some bytes, and then none for as long as anybody waits. */
  readonly stalled: string;
  dispose(): Promise<void>;
}

/** Reads an archive to its end. */
export async function download(
  source: ArchiveSource,
  url: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.open(url, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every {@link ArchiveSource} must do. */
export function describeArchiveSource(name: string, create: () => Promise<ArchivesToReach>): void {
  describe(`${name} as an ArchiveSource`, () => {
    let archives: ArchivesToReach;
    beforeAll(async () => {
      archives = await create();
    });
    afterAll(() => archives.dispose());

    it('gives all bytes of an archive, as often as it is asked', async () => {
      for (const url of archives.present) {
        const both = await Promise.all([download(archives.source, url), download(archives.source, url)]);
        expect([url, ...both.map((content) => content.equals(longest))]).toEqual([url, true, true]);
      }
    });

    it('says that an archive is not there, and which', async () => {
      for (const [url, code] of Object.entries(archives.missing)) {
        await expect(download(archives.source, url), url).rejects.toMatchObject({ code, data: { url } });
      }
    });

    it('refuses what is longer than it may be', async () => {
      for (const url of archives.tooLong) {
        await expect(download(archives.source, url), url).rejects.toMatchObject({
          code: 'archiveTooLarge',
          data: { url, limitBytes: mostBytes },
        });
      }
    });

    it('refuses what is not allowed, and a path that leads upwards', async () => {
      const refusals = { [archives.forbidden]: 'urlNotAllowed', '../a.war': 'relativePath' };
      for (const [url, code] of Object.entries(refusals)) {
        await expect(download(archives.source, url), url).rejects.toMatchObject({ code, data: { url } });
      }
    });

    it('gives nothing to who is told to end', async () => {
      const reason = new Error('the job has ended');
      for (const url of archives.present) {
        await expect(download(archives.source, url, AbortSignal.abort(reason)), url).rejects.toBe(reason);
      }
    });

    it('ends a transfer in the middle with the reason that it is given', async () => {
      const reason = new Error('the job has ended');
      const end = new AbortController();
      const reading = (async () => {
        for await (const _ of await archives.source.open(archives.stalled, end.signal)) end.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    });

    it('ends the bytes with an error when a transfer breaks', async () => {
      const { source, broken: url } = archives;
      await expect(download(source, url)).rejects.toMatchObject({ code: 'downloadFailed', data: { url } });
    });

    it('may be left alone in the middle of a transfer', async () => {
      for (const url of archives.present) {
        for await (const _ of await archives.source.open(url, new AbortController().signal)) break;
        expect((await download(archives.source, url)).equals(longest), url).toBe(true);
      }
    });
  });
}
