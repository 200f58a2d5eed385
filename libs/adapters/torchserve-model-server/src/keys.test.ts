import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '@torchweave/application';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { KeyRing, type KeyKind } from './keys.js';

let folder: string;
let keyFile: string;
const renewals: { kind: KeyKind; apiKey: string }[] = [];

const writeKeys = (inference: string): Promise<void> =>
  writeFile(
    keyFile,
    JSON.stringify({
      management: { key: 'management-1', 'expiration time': '2025-01-01T00:00:00Z' },
      inference: { key: inference, 'expiration time': '2025-01-01T00:00:00Z' },
      API: { key: 'api-1' },
    }),
  );

/** A ring whose renewals write `renewed` into the key file. */
const ringOf = (renewed: string): KeyRing =>
  new KeyRing(
    { keyFile },
    async (kind, apiKey) => {
      renewals.push({ kind, apiKey });
      await writeKeys(renewed);
    },
    silentLogger,
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torchweave-keys-'));
  keyFile = join(folder, 'key_file.json');
  renewals.length = 0;
});

afterEach(() => rm(folder, { recursive: true }));

describe('KeyRing', () => {
  it('knows the keys that are given, and no others', async () => {
    const ring = new KeyRing({ keys: { inference: 'given' } }, () => Promise.resolve(), silentLogger);
    expect(ring.current('inference')).toBe('given');
    expect(ring.current('management')).toBeUndefined();
    expect(await ring.refresh('inference', 'given')).toBe(false);
  });

  it('reads the key file when a request without a key is refused', async () => {
    await writeKeys('inference-1');
    const ring = ringOf('inference-2');
    expect(await ring.refresh('inference', undefined)).toBe(true);
    expect(ring.current('inference')).toBe('inference-1');
    expect(renewals).toEqual([]);
  });

  it('takes the key that someone else has renewed', async () => {
    await writeKeys('inference-1');
    const ring = ringOf('never');
    await ring.refresh('inference', undefined);
    await writeKeys('inference-2');
    expect(await ring.refresh('inference', 'inference-1')).toBe(true);
    expect(ring.current('inference')).toBe('inference-2');
    expect(renewals).toEqual([]);
  });

  it('renews a key that is refused though it is the one of the file', async () => {
    await writeKeys('inference-1');
    const ring = ringOf('inference-2');
    await ring.refresh('inference', undefined);
    expect(await ring.refresh('inference', 'inference-1')).toBe(true);
    expect(ring.current('inference')).toBe('inference-2');
    expect(renewals).toEqual([{ kind: 'inference', apiKey: 'api-1' }]);
  });

  it('renews once for many requests that are refused at once', async () => {
    await writeKeys('inference-1');
    const ring = ringOf('inference-2');
    await ring.refresh('inference', undefined);
    const found = await Promise.all(Array.from({ length: 32 }, () => ring.refresh('inference', 'inference-1')));
    expect(found.every(Boolean)).toBe(true);
    expect(renewals).toHaveLength(1);
  });

  it('does not renew for a request that was sent with an older key', async () => {
    await writeKeys('inference-1');
    const ring = ringOf('inference-2');
    await ring.refresh('inference', undefined);
    expect(await ring.refresh('inference', 'inference-0')).toBe(true);
    expect(ring.current('inference')).toBe('inference-1');
  });

  it.each([
    ['missing', undefined],
    ['half written', '{"inference": {"ke'],
    ['another file', '[]'],
  ])('has no key when the file is %s', async (_what, content) => {
    if (content !== undefined) await writeFile(keyFile, content);
    expect(await ringOf('x').refresh('inference', undefined)).toBe(false);
  });
});
