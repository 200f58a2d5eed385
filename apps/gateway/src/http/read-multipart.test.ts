import { describe, expect, it } from 'vitest';
import { readMultipart } from './read-multipart.js';

const type = 'multipart/form-data; boundary=XX';
const read = (text: string, contentType = type): unknown =>
  readMultipart(contentType, Buffer.from(text)).map((field) => ({
    ...field,
    value: Buffer.from(field.value).toString(),
  }));
const part = (headers: string, value: string): string => `--XX\r\n${headers}\r\n\r\n${value}\r\n`;
const named = (name: string): string => `content-disposition: form-data; name="${name}"`;

describe('readMultipart', () => {
  it('reads a plain field as bytes, whatever type it names', () => {
    expect(read(`${part(`${named('a')}\r\ncontent-type: text/plain`, 'x')}--XX--\r\n`)).toEqual([
      { name: 'a', value: 'x' },
    ]);
  });

  it('keeps the content type of a part with a file name', () => {
    const headers = `${named('a')}; filename="a.json"\r\nContent-Type: application/json; charset=utf-8`;
    expect(read(`${part(headers, '{}')}--XX--`)).toEqual([{ name: 'a', value: '{}', contentType: 'application/json' }]);
  });

  it('reads a file without a content type as bytes', () => {
    expect(read(`${part(`${named('a')}; filename="a"`, 'x')}--XX--`)).toEqual([{ name: 'a', value: 'x' }]);
  });

  it('keeps the order of parts, empty values, and line ends within values', () => {
    const text = `${part(named('a'), '1\r\n2')}${part(named('b'), '')}${part(named('c'), '--XY')}--XX--`;
    expect(read(text)).toEqual([
      { name: 'a', value: '1\r\n2' },
      { name: 'b', value: '' },
      { name: 'c', value: '--XY' },
    ]);
  });

  it('skips a preamble, and reads quoted names and boundaries', () => {
    const text = `hello\r\n--X X\r\ncontent-disposition: form-data; name="a \\"b\\""\r\n\r\nx\r\n--X X--`;
    expect(read(text, 'multipart/form-data; boundary="X X"')).toEqual([{ name: 'a "b"', value: 'x' }]);
  });

  it('hands values on without copying them', () => {
    const body = Buffer.from(`${part(named('a'), 'x')}--XX--`);
    expect(readMultipart(type, body)[0]?.value.buffer).toBe(body.buffer);
  });

  it.each([
    ['without a boundary', 'multipart/form-data', '--XX--'],
    ['that does not hold its boundary', type, 'hello'],
    ['that is empty', type, ''],
    ['that is cut off in a value', type, `--XX\r\n${named('a')}\r\n\r\nx`],
    ['that is cut off after a boundary', type, '--XX'],
    ['whose part has no name', type, part('content-disposition: form-data', 'x') + '--XX--'],
    ['of more than a thousand parts', type, `${part(named('a'), 'x').repeat(1_001)}--XX--`],
    ['whose part has headers beyond any need', type, `${part(`${named('a')}\r\na: ${'b'.repeat(16_384)}`, 'x')}--XX--`],
    ['whose part has no end of headers', type, '--XX\r\nx\r\n--XX--'],
  ])('refuses a body %s', (_, contentType, text) => {
    expect(() => read(text, contentType)).toThrow(expect.objectContaining({ code: 'bodyMalformed', status: 400 }));
  });
});
