import { describe, expect, it } from 'vitest';
import { parseProperties } from './properties.js';

const parse = (text: string): Record<string, string> => Object.fromEntries(parseProperties(text));

describe('parseProperties', () => {
  it.each([
    ['a=1', { a: '1' }],
    ['a = 1 ', { a: '1 ' }],
    ['a: 1', { a: '1' }],
    ['a 1', { a: '1' }],
    ['a', { a: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['# note\n! note\n\n  a=1', { a: '1' }],
    ['a=1\r\nb=2', { a: '1', b: '2' }],
    ['a=1,\\\n  2,\\\n  3', { a: '1,2,3' }],
    ['a=c:\\\\x', { a: 'c:\\x' }],
    ['a\\=b=1', { 'a=b': '1' }],
    ['a=\\u00e9', { a: 'é' }],
    ['a=1\na=2', { a: '2' }],
    ['allowed_urls=file://.*|http(s)?://.*', { allowed_urls: 'file://.*|http(s)?://.*' }],
  ])('reads %j as Java does', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
});
