import { describe, expect, it } from 'vitest';
import { accessKeysOf, digestOf, freshKeyDocument, parseKeyDocument, renewKey } from './key-document.js';

const later = new Date('2030-01-01T00:00:00Z');
const ofTorchServe = JSON.stringify({
  management: { key: 'B-E5KSRM', 'expiration time': '2024-09-16T22:20:24.801601Z' },
  inference: { key: 'poZXAlqe', 'expiration time': '2024-09-16T22:20:24.801607Z' },
  API: { key: 'xryL_Vzs' },
});

describe('a key document', () => {
  it("reads TorchServe's key_file.json", () => {
    const expiresAt = Date.parse('2024-09-16T22:20:24.801Z');
    expect(accessKeysOf(parseKeyDocument(ofTorchServe))).toEqual([
      { name: 'management', digest: digestOf('B-E5KSRM'), permissions: ['read', 'register'], expiresAt },
      { name: 'inference', digest: digestOf('poZXAlqe'), permissions: ['predict'], expiresAt },
      { name: 'API', digest: digestOf('xryL_Vzs'), permissions: ['renew'] },
    ]);
  });

  it('reads named keys by their hash, with the permissions of their role', () => {
    const named = (role: string) => ({ name: role, role, sha256: digestOf(`${role}-key`).toString('hex') });
    const keys = [named('read'), named('register'), { ...named('predict'), expires: later.toISOString() }];
    expect(accessKeysOf(parseKeyDocument(JSON.stringify({ keys })))).toEqual([
      { name: 'read', digest: digestOf('read-key'), permissions: ['read'] },
      { name: 'register', digest: digestOf('register-key'), permissions: ['read', 'register'] },
      { name: 'predict', digest: digestOf('predict-key'), permissions: ['predict'], expiresAt: later.getTime() },
    ]);
  });

  it.each([
    ['broken JSON', '{"management": {"key": "secret-secret"', 'it is not JSON'],
    ['an unknown role', '{"keys": [{"name": "a", "role": "root", "sha256": ""}]}', /^keys\.0\.role is not valid/],
    ['a hash that is none', '{"keys": [{"name": "a", "role": "read", "sha256": "secret-secret"}]}', /^keys\.0\.sha256/],
    ['a key without expiry', '{"management": {"key": "secret-secret"}}', /^management\.expiration time is not valid/],
    [
      'an expiry that is no time',
      '{"management": {"key": "secret-secret", "expiration time": "secret-secret"}}',
      /^management\.expiration time is not valid: must be an ISO 8601 time/,
    ],
    ['a list', '[]', /^the whole is not valid/],
  ])('refuses %s and quotes nothing of it', (_, text, message) => {
    expect(() => parseKeyDocument(text)).toThrow(message);
    expect(() => parseKeyDocument(text)).not.toThrow(/secret/);
  });

  it('has fresh keys that differ from one another and from those before', () => {
    const keys = [freshKeyDocument(later), freshKeyDocument(later)].flatMap(({ management, inference, API }) => [
      management?.key,
      inference?.key,
      API?.key,
    ]);
    expect(new Set(keys).size).toBe(6);
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/);
  });

  it('keeps everything but the renewed key', () => {
    const document = parseKeyDocument(JSON.stringify({ ...(JSON.parse(ofTorchServe) as object), note: 'ours' }));
    const renewed = renewKey(document, 'management', later);
    expect(renewed).toEqual({
      ...document,
      management: { key: expect.stringMatching(/^[\w-]{43}$/) as string, 'expiration time': later.toISOString() },
    });
    expect(renewed['note']).toBe('ours');
  });
});
