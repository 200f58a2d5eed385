import type { LiveReport, LiveReports } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

const counted = { requests: 2, failed: 1, buckets: [1, 1] };
const report = (startedAt: string): LiveReport => ({
  ...{ version: '1.0.0', startedAt, windowMs: 5_000, boundsMs: [10], left: 0 },
  workflows: [
    {
      ...{ workflow: 'w', total: counted, versions: { 1: counted } },
      nodes: { up: { ...counted, retries: 1, waiting: 0, running: 3, failingSince: startedAt } },
    },
  ],
});

/** What every {@link LiveReports} must do. `create` gives an empty one. */
export function describeLiveReports(
  name: string,
  create: () => Promise<{ readonly reports: LiveReports; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as LiveReports`, () => {
    it('tells what each gateway has told last, in order, and how old it is', async () => {
      const { reports, dispose } = await create();
      await reports.write('one', report('a'));
      await reports.write('other', report('b'));
      await reports.write('other', report('c'));
      const [ofOther, ofNone, ofOne] = await reports.read(['other', 'none', 'one']);
      expect(ofOther).toEqual({ ...report('c'), ageMs: expect.any(Number) as number });
      expect(ofOther?.ageMs).toBeGreaterThanOrEqual(0);
      expect(ofOne).toMatchObject(report('a'));
      expect(ofNone).toBeUndefined();
      expect(await reports.read([])).toEqual([]);
      await dispose();
    });
  });
}
