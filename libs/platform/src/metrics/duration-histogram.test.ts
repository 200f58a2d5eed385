import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from './duration-histogram.js';

const what = { name: 'd_seconds', help: 'Durations.', labelNames: ['a', 'b'] as const, buckets: [0.001, 0.1, 1] };

describe('DurationHistogram', () => {
  it("tells what prom-client's own histogram tells of the same durations", async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    const histogram = new DurationHistogram({ ...what, registry: ours });
    const reference = new Histogram({ ...what, buckets: [...what.buckets], registers: [theirs] });
    for (const ms of [0, 1, 2, 100, 500, 1_000, 5_000]) {
      histogram.labels('x', 'y "z"').observe(ms);
      reference.labels('x', 'y "z"').observe(ms / 1_000);
    }
    histogram.labels('other', '');
    expect((await ours.metrics()).split('\n')).toEqual(
      expect.arrayContaining((await theirs.metrics()).split('\n')) as string[],
    );
  });

  it('forgets', async () => {
    const registry = new Registry();
    const histogram = new DurationHistogram({ ...what, registry });
    histogram.labels('x', 'y').observe(1);
    histogram.labels('x', 'z').observe(1);
    histogram.remove('x', 'y');
    const text = await registry.metrics();
    expect(text).toContain('d_seconds_count{a="x",b="z"} 1');
    expect(text).not.toContain('b="y"');
  });
});
