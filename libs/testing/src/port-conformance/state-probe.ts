import type { StateProbe } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

const number = expect.any(Number) as number;

/** What every {@link StateProbe} must do. `create` gives one of a state that keeps what it is given, and answers. */
export function describeStateProbe(
  name: string,
  create: () => Promise<{ readonly probe: StateProbe; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as StateProbe`, () => {
    it('tells how whoever keeps the state is doing', async () => {
      const { probe, dispose } = await create();
      const facts = await probe.facts();
      expect(facts).toMatchObject({
        ...{ latencyMs: number, limitBytes: 0, evictionPolicy: 'noeviction', evictedKeys: 0 },
        ...{ isPersistent: true, hasWriteFailure: false, role: 'master' },
      });
      expect(facts.server).toMatch(/^\w+ \S+/);
      expect(facts.usedBytes).toBeGreaterThan(0);
      await dispose();
    });
  });
}
