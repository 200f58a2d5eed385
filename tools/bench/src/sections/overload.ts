import { sweep, type Side } from '../sweep.js';
import { sweepResult } from '../sweep-result.js';
import type { Section, SectionContext, SectionResult } from './section.js';
import { chain, diamond, functionsOnly, largeBody, sidesOf, smallBody, type Comparison } from './sides.js';
import { bodiesSection } from './sweeps.js';

const clients = [512];

interface Part {
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  readonly comparison: Comparison;
  readonly bodyBytes: number;
  readonly seconds: number;
}

async function measure(
  context: SectionContext,
  { name, title, comparison, bodyBytes, seconds }: Part,
): Promise<SectionResult> {
  const { quick, rounds } = context.options;
  const sides = async (): Promise<Side[]> => {
    const all = await sidesOf(context, comparison);
    const others = all.filter((side) => side.name !== 'theirs');
    return quick ? others : [...others, ...all.filter((side) => !others.includes(side))];
  };
  const cells = await sweep(context, { name, sides, clients, bodyBytes, seconds, rounds });
  return sweepResult(name, `${title}, 512 clients, ${seconds} s a run`, cells, []);
}

/** 512 clients. TorchServe's own workflows come last: the threads that they leave behind would slow down the others. */
export const overloadSection: Section = {
  title: 'Overload: 512 clients',
  run: async (context) => {
    const { overloadSeconds, seconds, quick } = context.options;
    const parts: Part[] = [
      { name: 'overload', title: 'Chain', comparison: chain, bodyBytes: smallBody, seconds: overloadSeconds },
      { name: 'overload-functions', title: 'Functions only', comparison: functionsOnly, bodyBytes: smallBody, seconds },
      ...(quick
        ? []
        : [
            { name: 'overload-diamond', title: 'Diamond', comparison: diamond, bodyBytes: smallBody, seconds },
            // An answer takes seconds.
            {
              name: 'overload-bodies',
              title: bodiesSection.title,
              comparison: chain,
              bodyBytes: largeBody,
              seconds: overloadSeconds,
            },
          ]),
    ];
    const results: SectionResult[] = [];
    for (const part of parts) results.push(await measure(context, part));
    return {
      tables: results.flatMap(({ tables }) => tables),
      figures: Object.fromEntries(results.flatMap(({ figures }) => Object.entries(figures))),
      details: results.map(({ details }) => details),
    };
  },
};
