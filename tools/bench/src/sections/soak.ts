import { setTimeout as sleep } from 'node:timers/promises';
import { errorCount } from '../load/load.js';
import { holdingsOf, type Holdings } from '../proc-stats.js';
import { formatNumber } from '../report/format.js';
import { figureOf, median, slope, type Figure } from '../statistics.js';
import type { Section } from './section.js';
import { chain, sidesOf } from './sides.js';

const clients = 32;
const bodyBytes = 64;
const warmUpSeconds = 5;
const sampleEveryMs = 1_000;
const kinds = ['residentBytes', 'descriptors', 'threads', 'processes'] as const;

/** Looks every second at what all Torchweave processes hold, until `isOver`; not before the clients have connected. */
async function watch(roots: () => readonly number[], isOver: () => boolean): Promise<Holdings[]> {
  const samples: Holdings[] = [];
  for (;;) {
    await sleep(sampleEveryMs);
    if (isOver()) return samples;
    samples.push(holdingsOf(roots()));
  }
}

/** Whether anything grows under a load that goes on. */
export const soakSection: Section = {
  title: `Soak: the chain at ${clients} clients`,
  run: async (context) => {
    const [ours] = await sidesOf(context, chain);
    if (ours === undefined) throw new Error('there is nothing to soak');
    const load = { url: ours.url, clients, method: 'POST', bodyBytes } as const;
    await context.generator.run({ ...load, seconds: warmUpSeconds });
    let isOver = false;
    const watching = watch(ours.engine, () => isOver);
    const result = await context.generator
      .run({ ...load, seconds: context.options.soakSeconds })
      .finally(() => (isOver = true));
    const samples = await watching;
    const figures: Record<string, Figure> = { 'soak.errors': figureOf([errorCount(result.errors)]) };
    const rows = kinds.map((kind) => {
      const values = samples.map((sample) => sample[kind]);
      const [first = NaN, last = NaN] = [values[0], values.at(-1)];
      const perMinute = slope(values) * 60;
      // Of the fitted line, over the whole soak: first and last alone would hang on the moment of a garbage collection.
      figures[`soak.${kind}.growthPercent`] = figureOf([(100 * slope(values) * (values.length - 1)) / median(values)]);
      const scale = kind === 'residentBytes' ? 1e6 : 1;
      const shown = [first, last, Math.min(...values), Math.max(...values), perMinute];
      return [kind === 'residentBytes' ? 'resident MB' : kind, ...shown.map((value) => formatNumber(value / scale))];
    });
    const title = `${soakSection.title} for ${context.options.soakSeconds} s, all Torchweave processes, every second`;
    const columns = ['', 'first', 'last', 'smallest', 'largest', 'slope a minute'];
    const notes = [`${formatNumber(result.perSecond)} requests/s, ${errorCount(result.errors)} errors.`];
    return { tables: [{ title, columns, rows, notes }], figures, details: samples };
  },
};
