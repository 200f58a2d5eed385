import { describe, expect, it } from 'vitest';
import { AnswerDecoder, decodeOutputs, type Answer } from './answer-frame.js';

function frame(callId: number, kind: number, micros: number, content: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32LE(9 + content.length, 0);
  head.writeUInt32LE(callId, 4);
  head.writeUInt8(kind, 8);
  head.writeUInt32LE(micros, 9);
  return Buffer.concat([head, content]);
}

/** The content of an `ok` answer of these rows, each a meta text and a value. */
function rows(...outputs: readonly [meta: string, value: string][]): Buffer {
  const lengths = outputs.map(([meta, value]) => {
    const pair = Buffer.alloc(8);
    pair.writeUInt32LE(meta.length, 0);
    pair.writeUInt32LE(value.length, 4);
    return pair;
  });
  return Buffer.concat([...lengths, ...outputs.flat().map((text) => Buffer.from(text))]);
}

describe('AnswerDecoder', () => {
  const stream = Buffer.concat([
    frame(0, 2, 0, Buffer.from('{}')),
    frame(1, 0, 25, rows(['', 'first'])),
    frame(2, 1, 30, Buffer.from('{"kind":"raised","reason":"ValueError: bad value"}')),
    frame(3, 4, 0, Buffer.alloc(0)),
    frame(4, 0, 7, rows(['', 'x'.repeat(500)])),
  ]);
  const tell = (answer: Answer): unknown =>
    answer.kind === 'ok'
      ? decodeOutputs(answer.body, 1, 1_000).map(({ value }) => Buffer.from(value).toString())
      : answer;
  const expected = [
    { kind: 'ready' },
    ['first'],
    { kind: 'failed', callId: 2, micros: 30, failure: { kind: 'raised', reason: 'ValueError: bad value' } },
    { kind: 'skipped', callId: 3 },
    ['x'.repeat(500)],
  ];

  it('reads answers however they are cut, from a buffer that is used again', () => {
    for (let size = 1; size <= stream.length; size += 1) {
      const answers: Answer[] = [];
      const decoder = new AnswerDecoder(
        () => 1_000,
        (answer) => answers.push(answer),
      );
      const buffer = Buffer.alloc(size);
      for (let at = 0; at < stream.length; at += size) {
        const bytes = stream.copy(buffer, 0, at);
        decoder.push(buffer.subarray(0, bytes));
        buffer.fill(0xee);
      }
      expect(answers.map(tell)).toEqual(expected);
    }
  });

  it('refuses a kind that there is not', () => {
    const decoder = new AnswerDecoder(
      () => 1_000,
      () => undefined,
    );
    expect(() => decoder.push(frame(1, 99, 0, Buffer.alloc(0)))).toThrow('unknown kind 99');
  });

  it('refuses a length that there cannot be, before it makes room for it', () => {
    const decoder = new AnswerDecoder(
      () => 1_000,
      () => undefined,
    );
    expect(() => decoder.push(Buffer.from('!'.repeat(13)))).toThrow(
      'the Python process sent a frame of 555819297 bytes',
    );
    expect(() => decoder.push(Buffer.alloc(13))).toThrow('the Python process sent a frame of 0 bytes');
  });
});

describe('decodeOutputs', () => {
  it('gives every row its value, and what the handler set', () => {
    const body = rows(['', 'a'], ['{"contentType":"text/csv","headers":{"x-out":"1"}}', ''], ['', 'c']);
    const outputs = decodeOutputs(body, 3, 1_000);
    expect(outputs.map(({ value }) => Buffer.from(value).toString())).toEqual(['a', '', 'c']);
    expect(outputs[1]).toMatchObject({ contentType: 'text/csv', headers: { 'x-out': '1' } });
    expect(Object.keys(outputs[0] ?? {})).toEqual(['value']);
  });
});
