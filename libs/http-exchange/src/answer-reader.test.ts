import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AnswerReader } from './answer-reader.js';
import { AnswerTooLargeError, type ReadAnswer } from './exchange.js';

const maxBytes = 1_000;
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Pushes the pieces one after the other, each in memory that is used again, and ends the connection where asked to. */
function read(pieces: readonly Buffer[], isEnded = false): { answer: ReadAnswer | undefined; reader: AnswerReader } {
  const reader = new AnswerReader(maxBytes);
  const memory = Buffer.alloc(70_000);
  let answer: ReadAnswer | undefined;
  for (const piece of pieces) {
    expect(answer).toBeUndefined();
    answer = reader.push(memory.subarray(0, piece.copy(memory)));
    memory.fill(0);
  }
  return { answer: isEnded ? reader.end() : answer, reader };
}

const whole = (text: string): ReadAnswer | undefined => read([bytes(text)]).answer;
const answerOf = (status: number, body: string, contentType?: string): ReadAnswer => ({
  status,
  contentType,
  body: bytes(body),
});

describe('AnswerReader', () => {
  it.each([
    [
      'a length',
      'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello',
      answerOf(200, 'hello', 'text/plain'),
    ],
    ['no body', 'HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n', answerOf(500, '')],
    ['no reason', 'HTTP/1.1 404\r\ncontent-length: 2\r\n\r\nno', answerOf(404, 'no')],
    ['a status without a body', 'HTTP/1.1 204 No Content\r\n\r\n', answerOf(204, '')],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n',
      answerOf(200, 'hello'),
    ],
    [
      'trailers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nx-y: z\r\n\r\n',
      answerOf(200, '0123456789'),
    ],
    [
      'an interim answer before it',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
      answerOf(200, 'x'),
    ],
    ['the length twice', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\nx', answerOf(200, 'x')],
  ])('reads an answer with %s', (_, text, answer) => expect(whole(text)).toEqual(answer));

  it('reads a body that ends with its connection', () => {
    const { answer, reader } = read([bytes('HTTP/1.1 200 OK\r\n\r\nhel'), bytes('lo')], true);
    expect(answer).toEqual(answerOf(200, 'hello'));
    expect(reader.keepsAlive).toBe(false);
  });

  it.each(['content-length: 5\r\n\r\nhel', 'transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n', 'content-length: 5'])(
    'takes no half answer for a whole one: %j',
    (text) => {
      expect(read([bytes(`HTTP/1.1 200 OK\r\n${text}`)], true).answer).toBeUndefined();
    },
  );

  it.each([
    ['HTTP/1.1 200 OK\r\ncontent-length: 0', true],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: Close', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0', false],
    ['HTTP/1.1 204 No Content', true],
  ])('tells whether the connection carries another exchange: %j %s', (head, keepsAlive) => {
    expect(read([bytes(`${head}\r\n\r\n`)]).reader.keepsAlive).toBe(keepsAlive);
  });

  it('does not trust the connection behind an answer with a length and chunks', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n';
    const { answer, reader } = read([bytes(`${head}1\r\nx\r\n0\r\n\r\n`)]);
    expect([answer, reader.keepsAlive]).toEqual([answerOf(200, 'x'), false]);
  });

  it.each([
    'garbage\r\n\r\n',
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1 99 No\r\n\r\n',
    'HTTP/1.1 2000 No\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxyz\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxy',
    'HTTP/1.1 204 No Content\r\n\r\nx',
  ])('refuses what is no answer: %j', (text) => {
    expect(() => whole(text)).toThrow(expect.objectContaining({ code: 'notHttp' }) as Error);
  });

  it.each(['HTTP/1.1 200 OK\r\nx: ', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;'])(
    'refuses a head or a line without an end: %j',
    (start) => {
      const endless = Array.from({ length: 20 }, () => Buffer.alloc(10_000, 'a'));
      expect(() => read([bytes(start), ...endless])).toThrow(expect.objectContaining({ code: 'notHttp' }) as Error);
    },
  );

  it.each(['content-length: 1001\r\n\r\n', 'transfer-encoding: chunked\r\n\r\n3e9\r\n', `\r\n${'x'.repeat(1_001)}`])(
    'refuses more than the caller takes, before it is there: %j',
    (text) => {
      expect(() => whole(`HTTP/1.1 200 OK\r\n${text}`)).toThrow(AnswerTooLargeError);
    },
  );

  it.each(['garbage', 'H', 'HTTP/1', 'HTTP/2', 'SSH-2.0-x'])(
    'does not wait for the rest of what cannot become an answer: %s',
    (begun) => {
      const reader = new AnswerReader(maxBytes);
      const isPossible = 'HTTP/1.1 200 OK'.startsWith(begun);
      if (isPossible) expect(reader.push(bytes(begun))).toBeUndefined();
      else expect(() => reader.push(bytes(begun))).toThrow(expect.objectContaining({ code: 'notHttp' }) as Error);
    },
  );

  it('reads the same however the answer is cut', () => {
    const body = fc.uint8Array({ maxLength: 300 }).map((given) => Buffer.from(given));
    const framings = fc.constantFrom(
      (given: Buffer) => [bytes(`content-length: ${given.length}\r\n\r\n`), given],
      (given: Buffer) => {
        const half = given.length >> 1;
        const chunks = [given.subarray(0, half), given.subarray(half)].filter(({ length }) => length > 0);
        const framed = chunks.flatMap((chunk) => [bytes(`${chunk.length.toString(16)}\r\n`), chunk, bytes('\r\n')]);
        return [bytes('transfer-encoding: chunked\r\n\r\n'), ...framed, bytes('0\r\n\r\n')];
      },
    );
    const property = fc.property(body, framings, fc.array(fc.nat(600), { maxLength: 6 }), (given, frame, cuts) => {
      const text = Buffer.concat([bytes('HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n'), ...frame(given)]);
      const at = [...new Set(cuts.filter((cut) => cut > 0 && cut < text.length))].sort((a, b) => a - b);
      const pieces = [0, ...at].map((from, i) => text.subarray(from, at[i] ?? text.length));
      expect(read(pieces).answer).toEqual({ status: 200, contentType: 'a/b', body: given });
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('reads or refuses any bytes, and does nothing else', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK\r\n',
        'content-length: 3\r\n',
        'transfer-encoding: chunked\r\n',
        '\r\n',
        '3\r\n',
      ),
      fc.constantFrom('0\r\n', 'abc', ':', ' ', '\n', 'connection: close\r\n'),
      fc.string({ maxLength: 10 }),
    );
    const property = fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const reader = new AnswerReader(maxBytes);
      try {
        for (const each of pieces) if (reader.push(bytes(each)) !== undefined) return;
        reader.end();
      } catch (error) {
        if (!(error instanceof AnswerTooLargeError)) expect(error).toMatchObject({ code: 'notHttp' });
      }
    });
    fc.assert(property, { numRuns: 5_000 });
  });
});
