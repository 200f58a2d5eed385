import { expect, it } from 'vitest';
import { answerHeaders } from './answer-headers.js';

const value = Buffer.from('ok');

it.each([
  ...['content-length', 'transfer-encoding', 'trailer', 'te', 'connection', 'keep-alive', 'upgrade', 'http2-settings'],
  ...[
    'expect',
    'date',
    'x-request-id',
    'proxy-authenticate',
    'proxy-connection',
    '__proto__',
    ':status',
    '',
    ' ',
    'x a',
  ],
  ...['x-é', 'x\r\ny', 'x-accel-redirect', 'x-accel-buffering', 'x-sendfile', 'Content-Length', 'TRAILER'],
])('a function cannot answer with the header %j', (name) => {
  const headers = Object.fromEntries([[name, 'forged']]);
  const answered = answerHeaders('id', { value, headers });
  expect(answered).toEqual(answerHeaders('id', { value }));
  expect(Object.getPrototypeOf(answered)).toBe(Object.prototype);
});

it.each(['b\r\nSet-Cookie: x=1', 'b\nc', '€', '\0', '\x7f'])(
  'a function cannot answer with a header of %j',
  (given) => {
    expect(answerHeaders('id', { value, headers: { 'x-a': given } })).toEqual(answerHeaders('id', { value }));
    expect(answerHeaders('id', { value, contentType: given })).toMatchObject({ 'content-type': 'application/json' });
  },
);

it('a function answers with any other header, and with its content type', () => {
  const headers = {
    'x-a': '1',
    'set-cookie': 'a=b',
    'content-encoding': 'gzip',
    constructor: 'x',
    'cache-control': 'no-store',
  };
  expect(answerHeaders('id', { value, headers, contentType: 'text/html; charset=utf-8' })).toMatchObject({
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-length': 2,
    'x-request-id': 'id',
  });
});
