import { bodyInput, callOptions } from '@torchweave/testing/port-conformance/function-runtime';
import { expect, it } from 'vitest';
import { withUnit } from './loaded-unit.js';

const source = `
import time

def work(data, context):
    if data is None:
        return None
    time.sleep(0.2)
    return ["done"]
`;

it('tells how long a call waited for a process, apart from how long it ran', async () => {
  await withUnit(
    'work',
    source,
    async ({ runtime, unitId }) => {
      const call = async (): Promise<{ waitedMs: number; ranMs: number }> => {
        const startedAt = performance.now();
        const { waitedMs = -1 } = await runtime.call(unitId, 'work', bodyInput('x'), callOptions());
        return { waitedMs, ranMs: performance.now() - startedAt - waitedMs };
      };
      const [first, second] = await Promise.all([call(), call()]);
      // One process: the second call cannot begin before the first one is done. Clocks differ by less than the rest.
      expect(second.waitedMs).toBeGreaterThan(first.waitedMs + 150);
      for (const { waitedMs, ranMs } of [first, second]) {
        expect(waitedMs).toBeGreaterThanOrEqual(0);
        expect(ranMs).toBeGreaterThan(150);
      }
    },
    { maxProcessesPerUnit: 1 },
  );
});
