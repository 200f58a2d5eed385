import type { SessionStore } from '@torchweave/application';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

/** ms; longer than any test. */
const longMs = 60_000;

/**
 * What every {@link SessionStore} must do. `create` gives an empty one.
 *
 * @param create `limit`: sessions that it keeps at once.
 */
export function describeSessionStore(
  name: string,
  create: (limit?: number) => Promise<{ readonly store: SessionStore; dispose(): Promise<void> }>,
): void {
  async function open(limit?: number): Promise<SessionStore> {
    const { store, dispose } = await create(limit);
    onTestFinished(dispose);
    return store;
  }

  describe(`${name} as a SessionStore`, () => {
    it('finds a session by its id, and no other', async () => {
      const store = await open();
      await store.put('a', 'proof of a', longMs);
      expect([await store.find('a'), await store.find('b')]).toEqual(['proof of a', undefined]);
    });

    it('forgets a session that has ended by itself', async () => {
      const store = await open();
      await store.put('short', 'proof', 1);
      await vi.waitUntil(async () => (await store.find('short')) === undefined);
      await store.put('long', 'proof', longMs);
      expect(await store.find('long')).toBe('proof');
    });

    it('ends a session at once where it is asked to, and takes one that is not there', async () => {
      const store = await open();
      await store.put('a', 'proof', longMs);
      await store.remove('a');
      await store.remove('a');
      expect(await store.find('a')).toBeUndefined();
    });

    it('keeps no more than its limit: the one that ends first goes', async () => {
      const store = await open(2);
      await store.put('second', 'proof', longMs + 1_000);
      await store.put('first', 'proof', longMs);
      await store.put('third', 'proof', longMs + 2_000);
      expect(await Promise.all(['first', 'second', 'third'].map((id) => store.find(id)))).toEqual([
        ...[undefined, 'proof', 'proof'],
      ]);
    });
  });
}
