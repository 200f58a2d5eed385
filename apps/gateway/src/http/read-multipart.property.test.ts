import { isTorchweaveError } from '@torchweave/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMultipart } from './read-multipart.js';

const boundary = 'a-boundary-of-ours';
const contentType = `multipart/form-data; boundary=${boundary}`;

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => text.replace(/[\r\n\0]/g, '_'));
const value = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const mediaType = fc.constantFrom('application/json', 'text/plain', 'image/png', 'application/octet-stream');
const field = fc.record({ name, value, contentType: fc.option(mediaType, { nil: undefined }) });

const distinct = fc.uniqueArray(field, { minLength: 1, maxLength: 8, selector: (given) => given.name });

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

function encode(fields: readonly { name: string; value: Buffer; contentType: string | undefined }[]): Buffer {
  const parts = fields.map((given) => {
    const file = given.contentType === undefined ? '' : `; filename="f"\r\ncontent-type: ${given.contentType}`;
    const head = `--${boundary}\r\ncontent-disposition: form-data; name=${quoted(given.name)}${file}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), given.value, Buffer.from('\r\n')]);
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Pieces of which bodies are made, in an order that no client would send. */
const piece = fc.oneof(
  fc.constantFrom(
    `--${boundary}`,
    `--${boundary}--`,
    '--',
    '\r\n',
    '\r\n\r\n',
    '\n',
    ' ',
    '"',
    ';',
    'name=',
    'filename="',
  ),
  fc.constantFrom('content-disposition: form-data; name="a"', 'content-type: text/plain', ':', '\0'),
  fc.string({ maxLength: 20 }),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join(''))),
);
const anyType = fc.oneof(
  fc.constant(contentType),
  fc.string({ maxLength: 60 }),
  piece.map((text) => `multipart/form-data; boundary=${text}`),
);

describe('the multipart decoder', () => {
  it('reads back whatever fields were written', () => {
    const written = fc.property(distinct, (fields) => {
      const read = readMultipart(contentType, encode(fields));
      expect(read.map((given) => ({ ...given, value: Buffer.from(given.value) }))).toEqual(
        fields.map(({ contentType: type, ...given }) => (type === undefined ? given : { ...given, contentType: type })),
      );
    });
    fc.assert(written, { numRuns: 2_000 });
  });

  it('reads or refuses any bytes, and does nothing else', () => {
    const handled = fc.property(anyType, body, (type, bytes) => {
      try {
        const fields = readMultipart(type, bytes);
        expect(fields.reduce((sum, { value: { length } }) => sum + length, 0)).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        if (!isTorchweaveError(error, 'bodyMalformed')) throw error;
      }
    });
    fc.assert(handled, { numRuns: 10_000 });
  });
});
