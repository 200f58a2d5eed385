import { sweep, type Cell, type Side } from '../sweep.js';
import { sweepResult } from '../sweep-result.js';
import type { Section, SectionContext } from './section.js';
import { chain, diamond, functionsOnly, sidesOf, type Comparison } from './sides.js';

const clients = [512];
const bodyBytes = 64;

interface Part {
  readonly name: string;
  readonly comparison: Comparison;
  readonly seconds: number;
}

async function measure(
  context: SectionContext,
  { name, comparison, seconds }: Part,
  isWanted: (side: Side) => boolean,
): Promise<Cell[]> {
  const sides = (await sidesOf(context, comparison)).filter(isWanted);
  return sweep(context, { name, sides, clients, bodyBytes, seconds, rounds: context.options.rounds });
}

/** 512 clients. TorchServe's own workflows come last: they leave thousands of threads behind in its JVM. */
export const overloadSection: Section = {
  title: 'Overload: 512 clients',
  startsAnew: true,
  run: async (context) => {
    const { overloadSeconds, seconds, quick } = context.options;
    const parts: Part[] = [
      { name: 'overload', comparison: chain, seconds: overloadSeconds },
      { name: 'overload-functions', comparison: functionsOnly, seconds },
      ...(quick ? [] : [{ name: 'overload-diamond', comparison: diamond, seconds }]),
    ];
    const cells = new Map<string, Cell[]>();
    for (const part of parts) cells.set(part.name, await measure(context, part, ({ name }) => name !== 'theirs'));
    for (const part of quick ? [] : parts) {
      cells.get(part.name)?.push(...(await measure(context, part, ({ name }) => name === 'theirs')));
    }
    const results = parts.map(({ name, comparison, seconds: lasting }) =>
      sweepResult(name, `${comparison.workflow}, 512 clients, ${lasting} s a run`, cells.get(name) ?? [], []),
    );
    return {
      tables: results.flatMap(({ tables }) => tables),
      figures: Object.fromEntries(results.flatMap(({ figures }) => Object.entries(figures))),
      details: results.map(({ details }) => details),
    };
  },
};
