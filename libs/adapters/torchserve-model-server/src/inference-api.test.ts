import { describe, expect, it } from 'vitest';

import { predictionRequest } from './inference-api.js';

const value = Buffer.from('hello');
const headerOf = (headers: readonly string[], name: string): string | undefined => headers[headers.indexOf(name) + 1];

describe('predictionRequest', () => {
  it('sends a single body as it is, with its content type', () => {
    const input = [{ name: 'body', value, contentType: 'application/json' }];
    expect(predictionRequest('chain__pre', input, ['x-request-id', '1'])).toEqual({
      method: 'POST',
      path: '/predictions/chain__pre',
      headers: ['x-request-id', '1', 'content-type', 'application/json'],
      body: value,
    });
  });

  it('sends a body without a content type as bytes', () => {
    const { headers } = predictionRequest('a', [{ name: 'body', value }], []);
    expect(headers).toEqual(['content-type', 'application/octet-stream']);
  });

  it.each([
    ['another name', [{ name: 'data', value }]],
    ['a content type that TorchServe would take apart', [{ name: 'body', value, contentType: 'multipart/form-data' }]],
    [
      'a sibling',
      [
        { name: 'body', value },
        { name: 'other', value },
      ],
    ],
  ])('sends a field with %s in a form', (_why, input) => {
    const { headers, body } = predictionRequest('a', input, []);
    expect(headerOf(headers, 'content-type')).toMatch(/^multipart\/form-data; boundary=/);
    expect(body).toContain(value);
  });

  it('sends the fields of a large form without copying them', () => {
    const large = Buffer.alloc(100_000);
    expect(predictionRequest('a', [{ name: 'large', value: large }], []).body).toContain(large);
  });

  it('sends an empty form for an input without fields', () => {
    const { headers, body } = predictionRequest('a', [], []);
    expect(headers).toEqual(['content-type', 'application/x-www-form-urlencoded']);
    expect(body).toBeUndefined();
  });

  it('keeps a name inside its path segment', () => {
    expect(predictionRequest('a/b?c', [], []).path).toBe('/predictions/a%2Fb%3Fc');
  });
});
