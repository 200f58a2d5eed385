import { expect, it } from 'vitest';
import { ControlDecoder, encodeControl } from './control-frames.js';

const exited = { event: 'exited', process: 'größe', code: 1, signal: null };
const lost = { event: 'lost', signal: 9 };
const line = (event: object): string => `${JSON.stringify(event)}\n`;

function decode(stream: Buffer, size: number): unknown[] {
  const decoder = new ControlDecoder();
  const events: unknown[] = [];
  for (let at = 0; at < stream.length; at += size) events.push(...decoder.push(stream.subarray(at, at + size)));
  return events;
}

it('reads control frames however they are cut', () => {
  const stream = Buffer.from(line(exited) + line(lost) + line(exited));
  for (let size = 1; size <= stream.length; size += 1) expect(decode(stream, size)).toEqual([exited, lost, exited]);
});

it('passes over what a supervisor that was killed has not sent to its end, and over what is no event', () => {
  const whole = line(exited);
  for (let length = 1; length < whole.length; length += 1) {
    const stream = Buffer.from(`${whole.slice(0, length)}\n${line(lost)}null\n[]\n{"event":1}\n${line(exited)}`);
    expect(decode(stream, stream.length).slice(-2)).toEqual([lost, exited]);
  }
});

it('takes a frame of a megabyte, and none that is larger', () => {
  const decoder = new ControlDecoder();
  expect(decoder.push(Buffer.alloc(1_048_576, 'x'))).toEqual([]);
  expect(() => decoder.push(Buffer.from('x'))).toThrow('too large');
});

it('sends a frame a line', () => {
  expect(encodeControl({ op: 'kill', process: 'a\nb' })).toBe('{"op":"kill","process":"a\\nb"}\n');
});
