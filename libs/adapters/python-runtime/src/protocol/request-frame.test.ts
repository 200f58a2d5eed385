import { describe, expect, it } from 'vitest';
import { encodeRequest, encodeTakeBack, type RequestRow } from './request-frame.js';

const row = (value: Uint8Array, contentType?: string): RequestRow => ({
  requestId: 'id',
  headers: { a: 'b' },
  input: [{ name: 'body', value, ...(contentType === undefined ? {} : { contentType }) }],
});

describe('encodeRequest', () => {
  it('lays a request out as frames.py reads it', () => {
    const frame = Buffer.concat(encodeRequest(7, 3, [row(Buffer.from('xyz'), 'text/plain')]));
    const headers = '{"a":"b"}';
    const head = 8 + 8 + 'id'.length + headers.length + 9 + 'body'.length + 'text/plain'.length;
    expect(frame.readUInt32LE(0)).toBe(head);
    expect(frame.readUInt32LE(4)).toBe(3);
    expect([frame.readUInt32LE(8), frame.readUInt16LE(12), frame.readUInt16LE(14)]).toEqual([7, 3, 1]);
    expect([frame.readUInt16LE(16), frame.readUInt32LE(18), frame.readUInt16LE(22)]).toEqual([2, headers.length, 1]);
    expect(frame.toString('utf8', 24, 24 + 2 + headers.length)).toBe(`id${headers}`);
    expect(frame.subarray(8 + head).toString()).toBe('xyz');
  });

  it.each([
    [undefined, 0],
    ['', 0],
    ['image/png', 0],
    ['application/jsonl', 0],
    ['text/plain; charset=utf-8', 1],
    ['application/json', 2],
    ['application/json; charset=utf-8', 2],
  ])('tells how to decode %s', (contentType, decoding) => {
    const frame = Buffer.concat(encodeRequest(1, 0, [row(Buffer.from('x'), contentType)]));
    expect(frame.readUInt8(24 + 'id{"a":"b"}'.length)).toBe(decoding);
  });

  it('does not copy large values', () => {
    const large = new Uint8Array(100_000).fill(1);
    const chunks = encodeRequest(1, 0, [row(Buffer.from('small')), row(large), row(Buffer.from('end'))]);
    expect(chunks.map((chunk) => chunk.buffer === large.buffer)).toEqual([false, true, false]);
    const frame = Buffer.concat(chunks);
    const values = frame.subarray(8 + frame.readUInt32LE(0));
    expect(frame.readUInt32LE(4)).toBe(values.length);
    expect(values.equals(Buffer.concat([Buffer.from('small'), large, Buffer.from('end')]))).toBe(true);
  });
});

it('encodeTakeBack makes a request of no rows', () => {
  const frame = encodeTakeBack(9);
  expect(frame.readUInt32LE(0)).toBe(frame.length - 8);
  expect([frame.readUInt32LE(4), frame.readUInt32LE(8), frame.readUInt16LE(14)]).toEqual([0, 9, 0]);
});
