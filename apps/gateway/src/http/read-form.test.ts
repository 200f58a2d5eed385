import { describe, expect, it } from 'vitest';
import { readForm, readQuery } from './read-form.js';

const read = (body: string | Buffer): Record<string, string> =>
  Object.fromEntries(
    readForm(Buffer.from(body)).map(({ name, value }) => [name, Buffer.from(value).toString('latin1')]),
  );
const names = (count: number): string => Array.from({ length: count }, (_, index) => `n${index}=`).join('&');

describe('readForm', () => {
  it.each([
    ['fields', 'data=x&k=v', { data: 'x', k: 'v' }],
    ['escapes, and plus for a space', 'a=b%3D%26c&d+e=x+y', { a: 'b=&c', 'd e': 'x y' }],
    [
      'what people do not escape',
      'text=This movie, was "great"!&user[name]=a',
      {
        text: 'This movie, was "great"!',
        'user[name]': 'a',
      },
    ],
    ['a value with "=" in it', 'a=b=c', { a: 'b=c' }],
    ['empty values, and names without any', 'a=&b&c=1', { a: '', b: '', c: '1' }],
    ['the last line end of a file', 'a=1\r\n', { a: '1' }],
    ['nothing', '', {}],
    ['names of any language', 'gr%C3%BC%C3%9Fe=1&größe=2', { grüße: '1', größe: '2' }],
  ])('reads %s', (_, body, fields) => {
    expect(read(body)).toEqual(fields);
  });

  it('keeps escaped bytes that are no text', () => {
    const [field] = readForm(Buffer.from('data=%89PNG%00%FF'));
    expect(Buffer.from(field?.value ?? [])).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]));
  });

  it('does not copy values in which nothing is escaped', () => {
    const body = Buffer.from('a=x');
    expect(readForm(body)[0]?.value.buffer).toBe(body.buffer);
  });

  it.each([
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452003d26', 'hex')],
    ['text', 'hello'],
    ['text with "&" and "%"', '100% of hello & world\n'],
    ['text with "="', 'x = 1 & y = 2'],
    ['lines', 'a=1\nb=2'],
    ['JSON', '{"a": 1}'],
    ['JSON with "=" and "&" in it', '{"text": "a=b&c"}'],
    ['XML', '<a href="x=y"/>'],
    ['a URL', 'https://example.com/?q=1&p=2'],
    ['a broken escape', 'a=%zz'],
    ['an escape that is cut off', 'a=%4'],
    ['no name', '=x'],
    ['a file in base64', `${'QUJD'.repeat(251)}=`],
  ])('refuses what is sent as a form without being one, and names the content type: %s', (_, body) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({
        code: 'bodyMalformed',
        status: 400,
        message: expect.stringContaining('Its content type'),
      }),
    );
  });

  it('refuses a second field of a name, of which a node would receive one', () => {
    expect(() => read('a=1&b=2&%61=3')).toThrow('two fields of the name "a"');
  });

  it('reads a thousand fields, and refuses one more', () => {
    expect(Object.keys(read(names(1_000)))).toHaveLength(1_000);
    expect(() => read(names(1_001))).toThrow('more than 1000 fields');
  });

  it('reads a name of a thousand bytes, and refuses a longer one', () => {
    expect(read(`${'n'.repeat(1_000)}=1`)).toEqual({ ['n'.repeat(1_000)]: '1' });
    expect(() => read(`${'n'.repeat(1_001)}=1`)).toThrow('is no name');
  });
});

describe('readQuery', () => {
  const query = (text: string): unknown =>
    readQuery(text).map(({ name, value }) => [name, Buffer.from(value).toString('latin1')]);

  it.each([
    [
      'a=1&b=x+y&c',
      [
        ['a', '1'],
        ['b', 'x y'],
        ['c', ''],
      ],
    ],
    [
      'a=%00%ff&b=100%',
      [
        ['a', '\0\xff'],
        ['b', '100%'],
      ],
    ],
    [
      'a=1&b=2&a=3',
      [
        ['b', '2'],
        ['a', '3'],
      ],
    ],
    ['', []],
  ])('reads %s, the last of several', (text, fields) => {
    expect(query(text)).toEqual(fields);
  });

  it('reads a thousand parameters, and refuses one more', () => {
    expect(query(names(1_000))).toHaveLength(1_000);
    expect(() => query(names(1_001))).toThrow(expect.objectContaining({ code: 'parameterInvalid', status: 400 }));
  });
});
