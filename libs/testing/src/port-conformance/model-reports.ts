import type { ModelReports, VersionReport } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

const first = { workflow: 'w', version: 1 };
const second = { workflow: 'w', version: 2 };
const report = (operationId: string): VersionReport => ({
  operationId,
  nodes: {
    up: [
      { server: 'one', state: 'ready', readyWorkers: 2 },
      { server: 'other', state: 'unreachable' },
    ],
  },
});

/** What every {@link ModelReports} must do. `create` gives an empty one. */
export function describeModelReports(
  name: string,
  create: () => Promise<{ readonly reports: ModelReports; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as ModelReports`, () => {
    it('tells what was written last of each version, in order, and how old it is', async () => {
      const { reports, dispose } = await create();
      await reports.write(first, report('a'));
      await reports.write(second, report('b'));
      await reports.write(second, report('c'));
      const [ofSecond, unknown, ofFirst] = await reports.read([second, { workflow: 'x', version: 1 }, first]);
      expect(ofSecond).toEqual({ ...report('c'), ageMs: expect.any(Number) as number });
      expect(ofFirst).toMatchObject(report('a'));
      expect(ofFirst?.ageMs).toBeGreaterThanOrEqual(0);
      expect(unknown).toBeUndefined();
      expect(await reports.read([])).toEqual([]);
      await dispose();
    });
  });
}
