import { call, predict } from '../http.js';
import { formatFigure, formatRatio } from '../report/format.js';
import { figureOf, type Figure } from '../statistics.js';
import type { Section, SectionContext } from './section.js';

const name = 'registered';

/** Registers something and takes it away again; the registration alone is timed. */
interface Attempt {
  readonly what: 'chain' | 'diamond' | 'fnonly';
  readonly side: 'ours' | 'theirs' | 'alone';
  register(): Promise<unknown>;
  unregister(): Promise<unknown>;
}

async function attempts({ system }: SectionContext): Promise<Attempt[]> {
  const [torchweave, { managementUrl }] = await Promise.all([system.torchweave(), system.torchServe()]);
  const ours = (what: Attempt['what']): Attempt => ({
    what,
    side: 'ours',
    register: async () => {
      await torchweave.register(`${what}.war`, `${name}_ours`);
      await predict(torchweave.predictionUrl(`${name}_ours`), 'hello');
    },
    unregister: () => torchweave.unregister(`${name}_ours`),
  });
  const theirs = (what: Attempt['what']): Attempt => ({
    what,
    side: 'theirs',
    register: () => call('POST', `${managementUrl}/workflows?url=${what}.war&workflow_name=${name}_theirs`),
    unregister: () => call('DELETE', `${managementUrl}/workflows/${name}_theirs`),
  });
  const query = `url=upper.mar&model_name=${name}_alone&initial_workers=1&synchronous=true`;
  const alone: Attempt = {
    what: 'chain',
    side: 'alone',
    register: () => call('POST', `${managementUrl}/models?${query}`),
    unregister: () => call('DELETE', `${managementUrl}/models/${name}_alone`),
  };
  return [ours('chain'), theirs('chain'), alone, ours('diamond'), theirs('diamond'), ours('fnonly')];
}

/** How long a registration takes, the first prediction included on our side. */
export const registrationSection: Section = {
  title: 'Registration on the same TorchServe',
  run: async (context) => {
    await context.startAnew();
    const samples = new Map<string, number[]>();
    for (let round = 1; round <= context.options.registrationRounds; round++) {
      for (const { what, side, register, unregister } of await attempts(context)) {
        const startedAt = performance.now();
        await register();
        const took = performance.now() - startedAt;
        samples.set(`registration.${what}.${side}.ms`, [
          ...(samples.get(`registration.${what}.${side}.ms`) ?? []),
          took,
        ]);
        context.say(`registration, round ${round}, ${what} ${side}: ${took.toFixed(0)} ms`);
        await unregister();
      }
    }
    const figures = Object.fromEntries([...samples].map(([key, values]) => [key, figureOf(values)]));
    return { tables: [table(figures)], figures, details: Object.fromEntries(samples) };
  },
};

function table(figures: Readonly<Record<string, Figure>>) {
  const figure = (what: string, side: string): Figure => figures[`registration.${what}.${side}.ms`] ?? figureOf([]);
  return {
    title: registrationSection.title,
    columns: ['ms', 'ours, first prediction included', 'theirs', 'its model alone', 'ours / theirs'],
    rows: ['chain', 'diamond', 'fnonly'].map((what) => [
      what,
      ...['ours', 'theirs', 'alone'].map((side) => formatFigure(figure(what, side))),
      formatRatio(figure(what, 'ours').median / figure(what, 'theirs').median),
    ]),
    notes: [],
  };
}
