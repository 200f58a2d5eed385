import { expect, it } from 'vitest';

import { forwardedHeaders, headerValue } from './request-headers.js';

it('passes the headers of the client on, and the id of the request', () => {
  expect(forwardedHeaders('id-1', { 'X-Tenant': 'blue', accept: '*/*' })).toEqual([
    ...['x-request-id', 'id-1'],
    ...['x-tenant', 'blue'],
    ...['accept', '*/*'],
  ]);
});

it.each([
  'Authorization',
  'connection',
  'transfer-encoding',
  'host',
  'content-length',
  'content-type',
  'expect',
  'x-request-id',
])('withholds %s', (name) => {
  expect(forwardedHeaders('id-1', { [name]: 'x' })).toEqual(['x-request-id', 'id-1']);
});

it('lets no line break and no letter beyond Latin-1 into a header', () => {
  expect(headerValue('text/plain; name="é日"\r\nX-Smuggled: 1')).toBe('text/plain; name="é?"??X-Smuggled: 1');
});
