import { describe, expect, it } from 'vitest';
import { readMultipart } from './read-multipart.js';

const type = 'multipart/form-data; boundary=XX';
const read = (text: string, contentType = type): unknown =>
  readMultipart(contentType, Buffer.from(text)).map((field) => ({
    ...field,
    value: Buffer.from(field.value).toString(),
  }));
const part = (headers: string, value: string): string => `--XX\r\n${headers}\r\n\r\n${value}\r\n`;
const parts = (count: number): string =>
  `${Array.from({ length: count }, (_, index) => part(named(`n${index}`), 'x')).join('')}--XX--`;
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

  it('reads a thousand parts', () => {
    expect(read(parts(1_000))).toHaveLength(1_000);
  });

  it('reads lines that end with line feeds alone, whatever line ends the values have', () => {
    const head = `${named('a')}; filename="a"\nContent-Type: text/plain`;
    expect(read(`--XX\n${head}\n\n1\r\n2\n\n--XX\n${named('b')}\n\n3\n--XX--\n`)).toEqual([
      { name: 'a', value: '1\r\n2\n', contentType: 'text/plain' },
      { name: 'b', value: '3' },
    ]);
  });

  it.each([
    ['the headers alone', `--XX\r\n${named('a')}\r\n\r\nx\n--XX--\n`],
    ['the value alone', `--XX\n${named('a')}\n\nx\r\n--XX--\n`],
  ])('reads carriage returns behind %s', (_, text) => {
    expect(read(text)).toEqual([{ name: 'a', value: 'x' }]);
  });

  it.each([
    ['begins a longer word', '\r\n--XXL\r\n'],
    ['stands in the middle of a line', '1--XX\r\n'],
    ['has no carriage return before it, where lines have them', '1\n--XX\n2'],
  ])('does not cut a value where the boundary %s', (_, value) => {
    expect(read(`${part(named('a'), value)}--XX--`)).toEqual([{ name: 'a', value }]);
  });

  it.each([
    ['a parameter in a file name', 'filename="a; name=b.png"; name="a"'],
    ['a file name that is escaped', `name="a"; filename*=utf-8''%E5%9B%BE.png`],
    ['an escaped file name before the name', `filename*=utf-8''x%3B%20name%3Db; name=a`],
    ['a file name with quotes', 'name="a"; filename="x\\"; name=\\"b"'],
    ['parameters that are none', '; =; ;x; name="a"; filename=f; name="b"'],
  ])('reads %s', (_, parameters) => {
    const headers = `content-disposition: form-data; ${parameters}\r\ncontent-type: image/png`;
    expect(read(`${part(headers, 'x')}--XX--`)).toEqual([{ name: 'a', value: 'x', contentType: 'image/png' }]);
  });

  it('takes what names no boundary and begins with none for a plain body, as TorchServe does', () => {
    expect(read('\x89PNG', 'multipart/form-data')).toEqual([
      { name: 'body', value: '\x89PNG', contentType: 'multipart/form-data' },
    ]);
  });

  it('hands values on without copying them', () => {
    const body = Buffer.from(`${part(named('a'), 'x')}--XX--`);
    expect(readMultipart(type, body)[0]?.value.buffer).toBe(body.buffer);
  });

  it.each([
    ['that has a boundary which its content type does not name', 'multipart/form-data', '--XX--'],
    ['of no boundary and no bytes', 'multipart/form-data', ''],
    ['that does not hold its boundary', type, 'hello'],
    ['that is empty', type, ''],
    ['that is cut off in a value', type, `--XX\r\n${named('a')}\r\n\r\nx`],
    ['that is cut off after a boundary', type, '--XX'],
    ['whose part has no name', type, part('content-disposition: form-data', 'x') + '--XX--'],
    ['of more than a thousand parts', type, parts(1_001)],
    ['of two parts with one name', type, `${part(named('a'), '1')}${part(named('a'), '2')}--XX--`],
    ['whose part has headers beyond any need', type, `${part(`${named('a')}\r\na: ${'b'.repeat(16_384)}`, 'x')}--XX--`],
    ['whose part has no end of headers', type, '--XX\r\nx\r\n--XX--'],
  ])('refuses a body %s', (_, contentType, text) => {
    expect(() => read(text, contentType)).toThrow(expect.objectContaining({ code: 'bodyMalformed', status: 400 }));
  });
});
