import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { multipartFile } from './multipart-file.js';

const type = 'multipart/form-data; boundary=cut';
const file = 'content-disposition: form-data; name="file"; filename="w.war"\r\n\r\n';

/** A stream of pieces of that many bytes. */
async function* inPieces(body: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(body, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

const read = async (body: string, size = 7, contentType = type): Promise<string> =>
  (await buffer(multipartFile(inPieces(body, size), contentType))).toString('latin1');

describe('multipartFile', () => {
  const contents = ['', 'PK', '\r\n', '--cut', '\r\n--cu', '\n--cut--\n', '\r\r\n--cu\r\n-', '\0\xff'.repeat(50)];
  it.each([1, 2, 3, 7, 64, 10_000])('finds the same bytes in pieces of %d', async (size) => {
    for (const content of contents) {
      expect(await read(`--cut\r\n${file}${content}\r\n--cut--\r\n`, size)).toBe(content);
    }
  });

  it.each([
    ['a preamble', `before\r\n--cut\r\n${file}x\r\n--cut--`, type],
    ['a boundary in quotes', `--cut\r\n${file}x\r\n--cut--`, 'multipart/form-data; charset=utf-8; boundary="cut"'],
    ['a name without quotes', '--cut\r\nContent-Disposition: form-data; name=file\r\n\r\nx\r\n--cut--', type],
    ['other headers of the part', `--cut\r\ncontent-type: application/zip\r\n${file}x\r\n--cut--`, type],
  ])('takes %s', async (_, body, contentType) => {
    expect(await read(body, 5, contentType)).toBe('x');
  });

  it.each([
    ['no boundary in the content type', `--cut\r\n${file}x\r\n--cut--`, /has no boundary/, 'multipart/form-data'],
    ['a boundary without end', '', /boundary has more than 70 characters/, `${type}${'t'.repeat(70)}`],
    ['no boundary in the body', 'PK'.repeat(10), /is cut off/, type],
    [
      'much before its boundary',
      'x'.repeat(1_100),
      /before the first part of the multipart body has more than 1024 bytes/,
      type,
    ],
    ['no part', '--cut--', /has no part named file/, type],
    [
      'headers without end',
      `--cut\r\n${'a: b\r\n'.repeat(3_000)}`,
      /a header of the multipart body has more than 16384/,
      type,
    ],
    [
      'a field',
      '--cut\r\ncontent-disposition: form-data; name="url"\r\n\r\nx\r\n--cut--',
      /must have one part, named file/,
      type,
    ],
    ['a second part', `--cut\r\n${file}x\r\n--cut\r\n${file}y\r\n--cut--`, /must have one part, named file/, type],
    ['no last boundary', `--cut\r\n${file}x`, /is cut off/, type],
    ['half of the last boundary', `--cut\r\n${file}x\r\n--cut-`, /is cut off/, type],
  ])('refuses a body with %s', async (_, body, reason, contentType) => {
    await expect(read(body, 64, contentType)).rejects.toMatchObject({
      code: 'bodyMalformed',
      data: { reason: expect.stringMatching(reason) as string },
    });
  });

  it('gives its stream back when its reader stops', async () => {
    let isReturned = false;
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* inPieces(`--cut\r\n${file}${'x'.repeat(1_000)}`, 200);
      } finally {
        isReturned = true;
      }
    };
    for await (const _piece of multipartFile(pieces(), type)) break;
    expect(isReturned).toBe(true);
  });
});
