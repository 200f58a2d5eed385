import type { AuditEntry, AuditKind, AuditTrail } from '@torchweave/application';
import { describe, expect, it } from 'vitest';

const entry = (place: number, kind: AuditKind = 'change'): AuditEntry => ({
  ...{ kind, at: `2026-01-01T00:00:0${place}.000Z`, key: 'ops', from: '10.0.0.1', method: 'POST', path: '/workflows' },
  ...{ workflow: 'w', status: 200, requestId: `r${place}` },
});

type Create = (
  limits: Readonly<Record<AuditKind, number>>,
) => Promise<{ readonly trail: AuditTrail; dispose: () => Promise<void> }>;

/** What every {@link AuditTrail} must do. `create` gives an empty one that keeps so many of each kind. */
export function describeAuditTrail(name: string, create: Create): void {
  describe(`${name} as AuditTrail`, () => {
    it('tells what was done, the newest first, page by page', async () => {
      const { trail, dispose } = await create({ change: 10, refused: 10 });
      for (const place of [1, 2, 3]) await trail.append(entry(place));
      expect(await trail.list('change', 0, 2)).toEqual([entry(3), entry(2)]);
      expect(await trail.list('change', 2, 2)).toEqual([entry(1)]);
      expect(await trail.list('change', 3, 2)).toEqual([]);
      expect(await trail.list('change', 0, 0)).toEqual([]);
      await dispose();
    });

    it('keeps the newest of each kind: those who are not let in wash nothing away', async () => {
      const { trail, dispose } = await create({ change: 2, refused: 3 });
      for (const place of [1, 2, 3]) await trail.append(entry(place));
      for (const place of [4, 5, 6, 7]) await trail.append(entry(place, 'refused'));
      expect(await trail.list('change', 0, 10)).toEqual([entry(3), entry(2)]);
      expect(await trail.list('refused', 0, 10)).toEqual([7, 6, 5].map((place) => entry(place, 'refused')));
      await dispose();
    });
  });
}
