import { expect, it } from 'vitest';
import { ControlDecoder, encodeControl } from './control-frames.js';

it('reads control frames however they are cut', () => {
  const requests = [
    { op: 'kill', process: 'a' },
    { op: 'socketDirectory', path: '/tmp/größe' },
    { op: 'shutdown' },
  ] as const;
  const stream = Buffer.concat(requests.map(encodeControl));
  for (let size = 1; size <= stream.length; size += 1) {
    const decoder = new ControlDecoder();
    const events: unknown[] = [];
    for (let at = 0; at < stream.length; at += size) events.push(...decoder.push(stream.subarray(at, at + size)));
    expect(events).toEqual(requests);
  }
});
