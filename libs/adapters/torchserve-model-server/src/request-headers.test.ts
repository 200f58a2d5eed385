import { expect, it } from 'vitest';

import { forwardedHeaders } from './request-headers.js';

it('passes the headers of the client on as it wrote them, and the id of the request', () => {
  const headers = { 'X-Tenant': 'blue', accept: '*/*', Cookie: 'a=b', AUTHORIZATION: 'Bearer theirs' };
  expect(forwardedHeaders('id-1', headers, true)).toEqual([
    ...['x-request-id', 'id-1'],
    ...['X-Tenant', 'blue'],
    ...['accept', '*/*'],
    ...['Cookie', 'a=b'],
    ...['AUTHORIZATION', 'Bearer theirs'],
  ]);
});

it('keeps the place of its own key free', () => {
  const headers = { Authorization: 'Bearer theirs', authorization: 'Bearer other', 'X-Tenant': 'blue' };
  expect(forwardedHeaders('id-1', headers, false)).toEqual(['x-request-id', 'id-1', 'X-Tenant', 'blue']);
});

it.each([
  'Proxy-Authorization',
  'connection',
  'transfer-encoding',
  'host',
  'content-length',
  'content-type',
  'expect',
  'x-request-id',
])('withholds %s', (name) => {
  expect(forwardedHeaders('id-1', { [name]: 'x' }, true)).toEqual(['x-request-id', 'id-1']);
});
