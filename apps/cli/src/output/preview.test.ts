import { describe, expect, it } from 'vitest';
import { previewOf } from './preview.js';

const preview = (text: string): string => previewOf(Buffer.from(text));

describe('a preview', () => {
  it.each([
    ['a text', 'hello'],
    ['JSON of several lines', '{\n\t"a": 1\n}'],
    ['letters of all kinds', 'Grüße, 你好'],
    ['nothing', ''],
  ])('of %s is it', (_what, text) => expect(preview(text)).toBe(text));

  it('of JSON is on one line where that is asked for', () => {
    expect(previewOf(Buffer.from('{\n  "a": [1, 2]\n}\n'), true)).toBe('{"a":[1,2]}');
    expect(previewOf(Buffer.from('no\nJSON'), true)).toBe('no\nJSON');
  });

  it('of a long text is its beginning and its size', () => {
    expect(preview('x'.repeat(1_000))).toBe('x'.repeat(1_000));
    expect(preview('x'.repeat(1_001))).toBe(`${'x'.repeat(1_000)}… (1001 bytes)`);
  });

  it('of many lines is the first ones and the size', () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, i) => String(i)).join('\n');
    expect(preview(lines(20))).toBe(lines(20));
    expect(preview(lines(21))).toBe(`${lines(20)}\n… (52 bytes)`);
  });

  it('of bytes is their size and digest', () => {
    expect(previewOf(Buffer.from([0xff, 0xd8]))).toBe('2 bytes, sha256 71563ad80061…');
    expect(previewOf(Buffer.from([0x89, 0x50, 0x00]))).toMatch(/^3 bytes, sha256 [0-9a-f]{12}…$/);
    expect(preview('a\u001b[31m')).toMatch(/^6 bytes, sha256/);
  });
});
