import { describe, expect, it } from 'vitest';
import { KeptBodies } from './kept-body.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: unknown, contentType = 'application/json'): { value: Uint8Array; contentType: string } => ({
  ...{ value: bytes(JSON.stringify(value)), contentType },
});
const keeping = (...redacted: string[]): KeptBodies => new KeptBodies(new Set(redacted));

describe('a body that is kept', () => {
  it('is text where it is some, and base64 where it is not', () => {
    expect(keeping().output({ value: bytes('grüß\n'), contentType: 'text/plain' })).toEqual({
      ...{ contentType: 'text/plain', size: 7, text: 'grüß\n', cut: false },
    });
    for (const value of [Uint8Array.of(0xff, 0xd8), Uint8Array.of(0x41, 0)])
      expect(keeping().output({ value })).toEqual({
        ...{ size: 2, base64: Buffer.from(value).toString('base64'), cut: false },
      });
  });

  it('is cut at 16384 bytes, between two characters, and tells how large it was', () => {
    const kept = keeping().output({ value: bytes(`a${'ü'.repeat(10_000)}`) });
    expect([kept?.size, kept?.cut, kept?.text?.length]).toEqual([20_001, true, 8_192]);
    expect(keeping().output({ value: bytes('a'.repeat(16_384)) })?.cut).toBe(false);
  });

  it('has no more room than 262144 bytes together with the others of its request', () => {
    const bodies = keeping();
    const sizes = Array.from({ length: 17 }, () => bodies.output({ value: bytes('a'.repeat(20_000)) })?.text?.length);
    expect(sizes).toEqual([...Array<number>(16).fill(16_384), 0]);
  });

  it('is a copy', () => {
    const value = bytes('before');
    const kept = keeping().output({ value });
    value.fill(0);
    expect(kept?.text).toBe('before');
  });

  it('is none once its request has ended', () => {
    const bodies = keeping();
    bodies.close();
    expect([bodies.input([]), bodies.output({ value: bytes('of another') })]).toEqual([undefined, undefined]);
  });

  it('of several fields is JSON by their names', () => {
    const fields = [
      { name: 'a', value: bytes('x') },
      { name: 'b', value: Uint8Array.of(255) },
    ];
    expect(keeping().input(fields)).toEqual({
      ...{ contentType: 'application/json', size: 2, text: '{"a":"x","b":{"base64":"/w=="}}', cut: false },
    });
    expect(keeping().input([{ name: 'body', value: bytes('x') }])).toEqual({ size: 1, text: 'x', cut: false });
    expect(keeping().input([])).toMatchObject({ size: 0, text: '{}' });
  });
});

describe('what is redacted', () => {
  it('are the values of keys in JSON, however deep and whatever they are, and of fields', () => {
    const value = { Password: { a: 1 }, list: [{ token: 't' }], name: 'n' };
    const text = '{"Password":"[redacted]","list":[{"token":"[redacted]"}],"name":"n"}';
    const bodies = keeping('password', 'token');
    expect(bodies.output(json(value))?.text).toBe(text);
    expect(bodies.output(json(value, 'text/plain'))?.text).toBe(text);
    const fields = [{ name: 'token', value: bytes('secret') }];
    expect(bodies.input(fields)?.text).toBe('{"token":"[redacted]"}');
    const several = [...fields, { name: 'body', ...json(value) }];
    expect(bodies.input(several)?.text).toBe(JSON.stringify({ token: '[redacted]', body: text }));
  });

  it.each([
    ['is no JSON but says so', '{"token": NaN}'],
    ['is cut off', '{"token": "sec'],
    ['is larger than what is read', JSON.stringify({ token: 'x'.repeat(262_144) })],
    ['is too deep to be written again', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('is all of a body that %s', (_, text) => {
    const kept = keeping('token').output({ value: bytes(text), contentType: 'application/json' });
    expect(kept).toMatchObject({ size: text.length, text: '[redacted]', cut: true });
  });
});
