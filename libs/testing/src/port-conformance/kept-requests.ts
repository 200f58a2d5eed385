import type { KeptRequest, KeptRequests } from '@torchweave/application';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A request that came a second after the one before. */
export const keptRequest = (second: number, given: Partial<KeptRequest> = {}): KeptRequest => ({
  ...{ id: `r-${second}`, workflow: 'w', version: 1, at: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z` },
  ...{ durationMs: 12.5, status: 200, outcome: 'ok', why: 'sampled', gateway: 'one' },
  spans: [{ node: 'up', attempt: 1, startedMs: 0.1, durationMs: 12, waitedMs: 3, outcome: 'ok', place: 'ts-1' }],
  ...given,
});

const lineOf = ({ spans: _, error: __, ...summary }: KeptRequest): object => summary;

/** What every {@link KeptRequests} must do. `create` gives an empty one that keeps `limit` requests of a gateway. */
export function describeKeptRequests(
  name: string,
  create: (limit: number) => Promise<{ readonly requests: KeptRequests; dispose: () => Promise<void> }>,
): void {
  describe(`${name} as KeptRequests`, () => {
    let requests: KeptRequests;
    let dispose: () => Promise<void>;
    beforeEach(async () => {
      ({ requests, dispose } = await create(3));
    });
    afterEach(() => dispose());

    it('lists the requests of all gateways, newest first, as many as are wanted', async () => {
      const [first, second, third] = [keptRequest(1), keptRequest(2, { gateway: 'other' }), keptRequest(3)];
      await requests.add('one', [first, third]);
      await requests.add('other', [second]);
      expect(await requests.list({ limit: 9 })).toEqual([third, second, first].map(lineOf));
      expect(await requests.list({ limit: 2 })).toEqual([third, second].map(lineOf));
      expect(await requests.list({ limit: 0 })).toEqual([]);
    });

    it('lists those of a workflow, of an outcome, and with part of an id', async () => {
      const [a, b] = [keptRequest(1, { workflow: 'v' }), keptRequest(2, { outcome: 'failed', id: 'x.y' })];
      await requests.add('one', [a, b]);
      expect(await requests.list({ workflow: 'v', limit: 9 })).toEqual([lineOf(a)]);
      expect(await requests.list({ outcome: 'failed', limit: 9 })).toEqual([lineOf(b)]);
      expect(await requests.list({ search: '.', limit: 9 })).toEqual([lineOf(b)]);
      expect(await requests.list({ workflow: 'v', outcome: 'failed', limit: 9 })).toEqual([]);
    });

    it('finds all of a request by its id, and of several the newest', async () => {
      const error = { message: 'it "failed"\nü', errorCode: 'nodeFailed' };
      const newest = keptRequest(3, { id: 'same', error });
      await requests.add('one', [keptRequest(1, { id: 'same' }), newest, keptRequest(2, { id: 'same' })]);
      expect(await requests.find('same')).toEqual(newest);
      expect(await requests.find('sam')).toBeUndefined();
      expect(await requests.find('')).toBeUndefined();
    });

    it('keeps as many of a gateway as it may, the oldest go first, and those of others stay', async () => {
      await requests.add('other', [keptRequest(0, { gateway: 'other' })]);
      await requests.add('one', [keptRequest(1), keptRequest(2)]);
      await requests.add('one', [keptRequest(3), keptRequest(4)]);
      const ids = (await requests.list({ limit: 9 })).map(({ id }) => id);
      expect(ids).toEqual(['r-4', 'r-3', 'r-2', 'r-0']);
      expect(await requests.find('r-1')).toBeUndefined();
      expect(await requests.find('r-2')).toEqual(keptRequest(2));
      await requests.add('one', []);
      expect(await requests.list({ limit: 9 })).toHaveLength(4);
    });
  });
}
