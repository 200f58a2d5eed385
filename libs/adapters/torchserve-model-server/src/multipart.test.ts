import type { InputField } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';

import { multipartBody } from './multipart.js';

/** Node's own parser of forms, as a second opinion. */
async function parse(fields: readonly InputField[]): Promise<FormData> {
  const { contentType, chunks } = multipartBody(fields);
  return new Response(Buffer.concat(chunks), { headers: { 'content-type': contentType } }).formData();
}

describe('multipartBody', () => {
  it('has a part with its content type for every field, in order', async () => {
    const form = await parse([
      { name: 'left', value: Buffer.from('plain') },
      { name: 'right', value: Buffer.from('{"a": 1}'), contentType: 'application/json' },
    ]);
    expect([...form.keys()]).toEqual(['left', 'right']);
    expect(form.get('left')).toBe('plain');
    const right = form.get('right');
    expect(right).toBeInstanceOf(File);
    expect((right as File).type).toBe('application/json');
    expect(await (right as File).text()).toBe('{"a": 1}');
  });

  it('gives a field without a content type neither a content type nor a file name, so that it becomes a bytearray', () => {
    const [head] = multipartBody([{ name: 'raw', value: Buffer.from('x') }]).chunks;
    expect(Buffer.from(head ?? []).toString()).toMatch(
      /^--[\w-]+\r\nContent-Disposition: form-data; name="raw"\r\n\r\n$/,
    );
  });

  it('does not copy values, and knows its length', () => {
    const value = Buffer.alloc(1_000_000);
    const { chunks, length } = multipartBody([{ name: 'large', value }]);
    expect(chunks).toContain(value);
    expect(length).toBe(Buffer.concat(chunks).length);
  });

  it('carries bytes that look like its own syntax', async () => {
    const value = Buffer.from('\r\n--\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n');
    const form = await parse([{ name: 'tricky', value, contentType: 'application/octet-stream' }]);
    expect([...form.keys()]).toEqual(['tricky']);
    expect(Buffer.from(await (form.get('tricky') as File).arrayBuffer()).equals(value)).toBe(true);
  });

  it('escapes quotes and line breaks in a name and keeps other letters', async () => {
    const form = await parse([{ name: 'a"b\r\nc é', value: Buffer.from('x') }]);
    expect([...form.keys()]).toEqual(['a"b\r\nc é']);
  });

  it('keeps line breaks out of a content type', () => {
    const { chunks } = multipartBody([
      { name: 'a', value: Buffer.from(''), contentType: 'text/plain\r\nX-Smuggled: 1' },
    ]);
    expect(Buffer.concat(chunks).toString()).not.toContain('\nX-Smuggled');
  });

  it('takes another boundary every time', () => {
    const fields = [{ name: 'a', value: Buffer.from('x') }];
    expect(multipartBody(fields).contentType).not.toBe(multipartBody(fields).contentType);
  });
});
