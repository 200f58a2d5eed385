import { liveHistoryMs, type LiveHistory } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

const point = (requestsPerSecond: number) => ({ requestsPerSecond, errorRate: 0.5, p99Ms: 12.5 });

/** What every {@link LiveHistory} must do. `create` gives an empty one. */
export function describeLiveHistory(
  name: string,
  create: () => Promise<{ readonly history: LiveHistory; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as LiveHistory`, () => {
    it('tells of each workflow what every gateway has told, the oldest first', async () => {
      const { history, dispose } = await create();
      await history.add('one', 20_000, [{ workflow: 'w', ...point(1) }]);
      await history.add('other', 10_000, [{ workflow: 'w', ...point(2) }]);
      await history.add('other', 20_000, [
        { workflow: 'w', requestsPerSecond: 0, errorRate: 0 },
        { workflow: 'v', ...point(3) },
      ]);
      const told = await history.read('w', 0);
      expect(told.map(({ at }) => at)).toEqual([10_000, 20_000, 20_000]);
      expect(told[0]).toEqual({ at: 10_000, ...point(2) });
      expect(told.slice(1)).toEqual(
        expect.arrayContaining([
          { at: 20_000, ...point(1) },
          { at: 20_000, requestsPerSecond: 0, errorRate: 0 },
        ]),
      );
      expect(await history.read('w', 20_000)).toHaveLength(2);
      expect(await history.read('none', 0)).toEqual([]);
      await dispose();
    });

    it('forgets what was half an hour before', async () => {
      const { history, dispose } = await create();
      await history.add('one', 10_000, [{ workflow: 'w', ...point(1) }]);
      await history.add('one', 10_000 + liveHistoryMs, [{ workflow: 'w', ...point(2) }]);
      expect(await history.read('w', 0)).toEqual([{ at: 10_000 + liveHistoryMs, ...point(2) }]);
      await dispose();
    });
  });
}
