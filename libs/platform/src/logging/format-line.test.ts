import { describe, expect, it } from 'vitest';
import { formatLine } from './format-line.js';

const base = { level: 'info', time: '2026-01-02T03:04:05.678Z', app: 'start' };
const format = (line: object): string => formatLine(JSON.stringify({ ...base, ...line }));

const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('formatLine', () => {
  it('is a line that a person reads', () => {
    expect(format({ part: 'gateway', msg: 'ready', address: 'http://127.0.0.1:8080', count: 3, names: ['a b'] })).toBe(
      '2026-01-02T03:04:05.678Z INFO  start/gateway: ready address=http://127.0.0.1:8080 count=3 names=["a b"]\n',
    );
  });

  it('has the stack of an error below it', () => {
    const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at one\n    at two' };
    expect(format({ level: 'error', msg: 'failed', err })).toBe(
      '2026-01-02T03:04:05.678Z ERROR start: failed err=broken\n    Error: broken\n    at one\n    at two\n',
    );
  });

  it('lets no control character of anybody out, wherever it stands', () => {
    const evil = '\u001b]0;owned\u0007\u009b2J\r\n\u2028\u202efake\u0000';
    const line = format({
      app: evil,
      part: evil,
      msg: evil,
      [evil]: evil,
      nested: { [evil]: [evil] },
      err: { message: evil, stack: `Error: ${evil}` },
    });
    expect(line).not.toMatch(controls);
    // Its own line, and those of the stack: what was sent makes none but there, indented.
    const [, ...below] = line.trimEnd().split('\n');
    expect(below.every((each) => each.startsWith('    '))).toBe(true);
    expect(line).toContain('\\u001b]0;owned\\u0007\\u009b2J\\r\\n\\u2028\\u202efake\\u0000');
  });

  it('is coloured where that is asked for', () => {
    const line = formatLine(JSON.stringify({ ...base, level: 'error', msg: 'm' }), true);
    expect(line).toContain('\u001b[31mERROR\u001b[0m');
    expect(format({ msg: 'm' })).not.toContain('\u001b');
  });
});
