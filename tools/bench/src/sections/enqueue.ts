import { predict } from '../http.js';
import { inParallel } from '../in-parallel.js';
import { formatFigure, formatNumber } from '../report/format.js';
import { figureOf, percentile } from '../statistics.js';
import type { Torchweave } from '../torchweave.js';
import type { Section, SectionContext } from './section.js';

const archive = 'fnonly.war';
const inFlight = 32;
const singles = 30;
const warmUp = 5;

/** ms from the request until the api has answered, and until the first prediction has. */
async function single(torchweave: Torchweave, name: string): Promise<{ answered: number; served: number }> {
  const startedAt = performance.now();
  await torchweave.register(archive, name);
  const answered = performance.now() - startedAt;
  await predict(torchweave.predictionUrl(name), 'hello');
  const served = performance.now() - startedAt;
  await torchweave.unregister(name);
  return { answered, served };
}

/** Registrations a second while {@link inFlight} requests are under way until all are done. */
async function rate(torchweave: Torchweave, count: number): Promise<number> {
  const startedAt = performance.now();
  await inParallel(count, inFlight, (index) => torchweave.register(archive, `enqueued-${index}`));
  const perSecond = count / ((performance.now() - startedAt) / 1_000);
  await inParallel(count, inFlight, (index) => torchweave.unregister(`enqueued-${index}`));
  return perSecond;
}

async function measure({ options, say }: SectionContext, torchweave: Torchweave) {
  const answered: number[] = [];
  const served: number[] = [];
  for (let index = 0; index < warmUp + singles; index++) {
    const took = await single(torchweave, 'single');
    if (index < warmUp) continue;
    answered.push(took.answered);
    served.push(took.served);
  }
  say(`registrations one at a time: served after ${percentile(served, 0.5).toFixed(1)} ms`);
  const rates: number[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    rates.push(await rate(torchweave, options.enqueued));
    say(`${options.enqueued} registrations, ${inFlight} at once: ${rates.at(-1)?.toFixed(0)}/s`);
  }
  return { answered, served, rates };
}

/** How fast functions-only workflows become servable, with two workers. */
export const enqueueSection: Section = {
  title: 'Registering functions-only workflows, api to served, with two workers',
  run: async (context) => {
    const torchweave = await context.system.torchweave();
    const second = await torchweave.add('worker');
    try {
      const samples = await measure(context, torchweave);
      const perSecond = figureOf(samples.rates);
      const ms = (values: readonly number[]): string[] =>
        [0.5, 0.99].map((share) => formatNumber(percentile(values, share)));
      const table = {
        title: enqueueSection.title,
        columns: ['', 'p50 ms', 'p99 ms', 'registrations/s'],
        rows: [
          ['one at a time, until the api answers', ...ms(samples.answered), ''],
          ['one at a time, until the first prediction is answered', ...ms(samples.served), ''],
          [`${context.options.enqueued} with ${inFlight} at once`, '', '', formatFigure(perSecond)],
        ],
        notes: [],
      };
      const figures = {
        'enqueue.answered.ms': figureOf(samples.answered),
        'enqueue.served.ms': figureOf(samples.served),
        'enqueue.perSecond': perSecond,
      };
      return { tables: [table], figures, details: samples };
    } finally {
      await torchweave.remove(second);
    }
  },
};
