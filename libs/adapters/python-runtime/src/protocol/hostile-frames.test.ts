import { describe, expect, it } from 'vitest';
import { AnswerDecoder, decodeOutputs, mostFrameBytes, type Answer } from './answer-frame.js';
import { ProtocolError } from './protocol-error.js';

const kinds = { ok: 0, failed: 1, ready: 2, loadFailed: 3, skipped: 4 };

function frame(kind: number, content: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32LE(9 + content.length, 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt8(kind, 8);
  return Buffer.concat([head, content]);
}

function row(meta: Buffer | string, value: string, metaLength?: number, valueLength?: number): Buffer {
  const bytes = Buffer.from(meta);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(metaLength ?? bytes.length, 0);
  lengths.writeUInt32LE(valueLength ?? value.length, 4);
  return Buffer.concat([lengths, bytes, Buffer.from(value)]);
}

/** What becomes of it, the value of an `ok` answer read as far as it is. */
function read(bytes: Buffer): unknown {
  const answers: Answer[] = [];
  new AnswerDecoder(
    () => mostFrameBytes(1, 100),
    (answer) => answers.push(answer),
  ).push(bytes);
  const [answer] = answers;
  return answer?.kind === 'ok' ? decodeOutputs(answer.body, 1, 100)[0] : answer;
}

const ok = (meta: unknown): Buffer => frame(kinds.ok, row(JSON.stringify(meta), 'value'));
const failed = (content: unknown): Buffer => frame(kinds.failed, Buffer.from(JSON.stringify(content)));
const loadFailed = (content: unknown): Buffer => frame(kinds.loadFailed, Buffer.from(JSON.stringify(content)));
const manyHeaders = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, '']));
const raised = { kind: 'raised', reason: 'r' };

describe('what no process of ours sends', () => {
  it.each<[string, Buffer]>([
    ['an empty frame', Buffer.alloc(13)],
    ['a frame that is shorter than its head', Buffer.from([8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a frame of 4 GB', Buffer.alloc(13, 0xff)],
    ['a kind that there is not', frame(5, Buffer.alloc(0))],
    ['no row', frame(kinds.ok, Buffer.alloc(0))],
    ['half of a row', frame(kinds.ok, Buffer.alloc(7))],
    ['a row that is shorter than it says', frame(kinds.ok, row('', 'value', 0, 6))],
    ['a row that is longer than it says', frame(kinds.ok, row('', 'value', 0, 4))],
    ['a meta of 4 GB', frame(kinds.ok, row('{}', 'value', 0xffffffff))],
    ['a value of 4 GB', frame(kinds.ok, row('', 'value', 0, 0xffffffff))],
    ['a value larger than it may be', frame(kinds.ok, row('', 'x'.repeat(101)))],
    ['a meta larger than it may be', ok({ x: 'x'.repeat(65_536) })],
    ['a meta that is no JSON', frame(kinds.ok, row('{', 'value'))],
    ['a meta that is no text', frame(kinds.ok, row(Buffer.from([0xff, 0xfe]), 'value'))],
    ['a meta that nests deeply and does not end', frame(kinds.ok, row('['.repeat(60_000), 'value'))],
    ...[null, 5, 'x', [], [1], true].map((meta): [string, Buffer] => [`the meta ${JSON.stringify(meta)}`, ok(meta)]),
    ...[5, null, {}, ['a', 'b'], true, 'x'.repeat(1_025)].map((contentType): [string, Buffer] => [
      `the content type ${JSON.stringify(contentType).slice(0, 20)}`,
      ok({ contentType }),
    ]),
    ...[5, null, 'ab', [], ['a'], true].map((headers): [string, Buffer] => [
      `the headers ${JSON.stringify(headers)}`,
      ok({ headers }),
    ]),
    ...[5, null, {}, ['a', 'b'], [], true].map((value): [string, Buffer] => [
      `a header of ${JSON.stringify(value)}`,
      ok({ headers: { 'x-a': value } }),
    ]),
    ['65 headers', ok({ headers: manyHeaders(65) })],
    ['headers of 8,193 characters', ok({ headers: { x: 'y'.repeat(8_192) } })],
    ...[0, 42, 100, 101, 103, 199, 600, 999, -1, 1.5, '200', null, {}, [], true].map((status): [string, Buffer] => [
      `the status ${JSON.stringify(status)}`,
      ok({ status }),
    ]),
    ...[null, 5, 'x', [], {}, { kind: 'nonsense', reason: 'r' }, { kind: 'raised' }, { reason: 'r' }].map(
      (content): [string, Buffer] => [`the failure ${JSON.stringify(content)}`, failed(content)],
    ),
    ...[5, null, {}, ['r']].map((reason): [string, Buffer] => [
      `a failure for ${JSON.stringify(reason)}`,
      failed({ kind: 'raised', reason }),
    ]),
    ...[0, 99, 101, 200, 204, 304, 399, 600, 1_000, '404', 1.5, {}, true].map((status): [string, Buffer] => [
      `a failure with the status ${JSON.stringify(status)}`,
      failed({ ...raised, status, message: 'm' }),
    ]),
    ...[undefined, null, 5, {}].map((message): [string, Buffer] => [
      `a failure with the message ${JSON.stringify(message)}`,
      failed({ ...raised, status: 404, message }),
    ]),
    ['a failure that is no text', frame(kinds.failed, Buffer.from([0xff]))],
    ...[null, 5, [], {}, { reason: {}, function: null }, { reason: 'r' }, { reason: 'r', function: 5 }].map(
      (content): [string, Buffer] => [`the failed load ${JSON.stringify(content)}`, loadFailed(content)],
    ),
    ...[
      null,
      'h.py',
      {},
      { file: 'h.py' },
      { line: 1 },
      { file: 5, line: 1 },
      { file: 'f'.repeat(1_001), line: 1 },
      { file: 'h.py', line: 0 },
      { file: 'h.py', line: '1' },
      { file: 'h.py', line: 1.5 },
      { file: 'h.py', line: 1, column: 0 },
    ].flatMap((place): [string, Buffer][] => [
      [`a failure at ${JSON.stringify(place).slice(0, 30)}`, failed({ ...raised, place })],
      [`a failed load at ${JSON.stringify(place).slice(0, 30)}`, loadFailed({ reason: 'r', function: null, place })],
    ]),
    ['a function of 1,001 characters', loadFailed({ reason: 'r', function: 'f'.repeat(1_001) })],
  ])('%s is refused', (_, bytes) => {
    expect(() => read(bytes)).toThrow(ProtocolError);
  });
});

describe('what is taken of an answer', () => {
  it('is its value, and the content type, headers and status that were set for it', () => {
    const meta =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"value":{"byteLength":1},"release":5,"waitedMs":9}';
    const output = read(frame(kinds.ok, row(meta, 'value'))) as Record<string, unknown>;
    expect(Object.keys(output).sort()).toEqual(['release', 'value']);
    expect(String(output['value'])).toBe('value');
    expect(output['release']).not.toBe(5);
    expect('polluted' in output).toBe(false);
    expect('polluted' in {}).toBe(false);
  });

  it('is headers in lower case, by whatever name', () => {
    const output = read(frame(kinds.ok, row('{"headers":{"X-A":"1","__proto__":"2","constructor":"3"}}', '')));
    const { headers } = output as { headers: Record<string, string> };
    expect(Object.entries(headers)).toEqual([
      ['x-a', '1'],
      ['__proto__', '2'],
      ['constructor', '3'],
    ]);
  });

  it('is as much as there may be', () => {
    const headers = { ...manyHeaders(63), 'x-long': '' };
    const used = Object.keys(headers).join('').length;
    headers['x-long'] = 'y'.repeat(8_192 - used);
    expect(read(ok({ headers, contentType: 'c'.repeat(1_024), status: 599 }))).toMatchObject({ headers, status: 599 });
    expect(read(frame(kinds.ok, row('', 'x'.repeat(100))))).toMatchObject({ value: Buffer.alloc(100, 'x') });
    expect(read(ok({ status: 200 }))).toMatchObject({ status: 200 });
  });

  it('is a failure of one of its kinds, cut to its length, and nothing else', () => {
    const sent = { kind: 'raised', reason: 'r'.repeat(3_000), status: 400, message: 'm'.repeat(3_000), other: 1 };
    expect(read(failed(sent))).toMatchObject({
      failure: { kind: 'raised', reason: 'r'.repeat(2_000), status: 400, message: 'm'.repeat(2_000) },
    });
    expect(JSON.stringify(read(failed(sent)))).not.toContain('other');
  });

  it('is the place of a failure, and nothing else of it', () => {
    const place = { file: 'h.py', line: 3, column: 7 };
    const sent = { ...raised, function: null, place: { ...place, other: 1 } };
    expect(read(failed(sent))).toMatchObject({ failure: { ...raised, place } });
    expect(read(loadFailed(sent))).toMatchObject({ failure: { reason: 'r', function: null, place } });
    expect(JSON.stringify([read(failed(sent)), read(loadFailed(sent))])).not.toContain('other');
  });
});
