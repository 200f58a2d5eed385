import type { IdempotencyKeys, KeyedRequest } from '@torchweave/application';
import { describe, expect, it, vi } from 'vitest';

const request: KeyedRequest = { caller: 'management', key: 'k', digest: 'a'.repeat(64) };
const another: KeyedRequest = { ...request, digest: 'b'.repeat(64) };
const aDay = 86_400_000;
const reused = { code: 'idempotencyKeyReused', status: 422, data: { key: 'k' } };

/** What every {@link IdempotencyKeys} must do. `create` gives an empty one that remembers for `keepMs`. */
export function describeIdempotencyKeys(
  name: string,
  create: (keepMs: number) => Promise<{ readonly keys: IdempotencyKeys; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as IdempotencyKeys`, () => {
    const use = async (test: (keys: IdempotencyKeys) => Promise<void>, keepMs = aDay): Promise<void> => {
      const { keys, dispose } = await create(keepMs);
      await test(keys).finally(dispose);
    };

    it('gives the same request its first operation, whoever asks first and how often', () =>
      use(async (keys) => {
        expect(await keys.find(request)).toBeUndefined();
        expect(await keys.claim(request, 'one')).toBe('one');
        expect(await keys.claim(request, 'two')).toBe('one');
        expect(await keys.find(request)).toBe('one');
      }));

    it('gives all that come at one moment the same', () =>
      use(async (keys) => {
        const ids = ['one', 'two', 'three', 'four'];
        const given = await Promise.all(ids.map((id) => keys.claim(request, id)));
        expect(new Set(given).size).toBe(1);
        expect(ids).toContain(given[0]);
      }));

    it('refuses another request under a key, and leaves the key to the first', () =>
      use(async (keys) => {
        await keys.claim(request, 'one');
        await expect(keys.claim(another, 'two')).rejects.toMatchObject(reused);
        await expect(keys.claim(another, 'two', 'one')).rejects.toMatchObject(reused);
        await expect(keys.find(another)).rejects.toMatchObject(reused);
        expect(await keys.find(request)).toBe('one');
      }));

    it('tells keys of one caller from those of another, also where both are spelt alike together', () =>
      use(async (keys) => {
        await keys.claim({ ...request, caller: 'a', key: 'bc' }, 'one');
        expect(await keys.claim({ ...another, caller: 'ab', key: 'c' }, 'two')).toBe('two');
        expect(await keys.claim({ ...another, caller: '', key: 'bc' }, 'three')).toBe('three');
      }));

    it('puts an operation in the place of one that never began, once', () =>
      use(async (keys) => {
        await keys.claim(request, 'one');
        expect(await keys.claim(request, 'two', 'one')).toBe('two');
        expect(await keys.claim(request, 'three', 'one')).toBe('two');
      }));

    it('forgets a key when its time is over', () =>
      use(async (keys) => {
        await keys.claim(request, 'one');
        await vi.waitFor(async () => expect(await keys.find(another)).toBeUndefined());
        expect(await keys.claim(another, 'two')).toBe('two');
      }, 100));
  });
}
