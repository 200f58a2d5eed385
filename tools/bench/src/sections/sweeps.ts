import { sweep, type Side } from '../sweep.js';
import { sweepResult } from '../sweep-result.js';
import type { Section } from './section.js';
import { chain, diamond, functionsOnly, largeBody, sidesOf, smallBody, type Comparison } from './sides.js';

function sweepOf(name: string, title: string, comparison: Comparison, notes: readonly string[] = []): Section {
  return {
    title,
    run: async (context) => {
      const { clients, seconds, rounds } = context.options;
      const sides = (): Promise<Side[]> => sidesOf(context, comparison);
      const load = { clients, bodyBytes: smallBody, seconds, rounds };
      const cells = await sweep(context, { name, sides, ...load });
      return sweepResult(name, title, cells, notes);
    },
  };
}

export const chainSection = sweepOf(
  'chain',
  'Chain: function, model (batch-size 4, max-batch-delay 10), function',
  chain,
);

export const diamondSection = sweepOf('diamond', 'Diamond: function, two models at once, function', diamond, [
  'alone is the slower of the two models, rev (batch-size 2, max-batch-delay 20).',
]);

export const functionsSection = sweepOf('functions', 'Functions only: two nodes', functionsOnly, [
  "TorchServe's own workflows refuse a spec without models.",
]);

export const bodiesSection: Section = {
  title: 'Chain with bodies of 1 MB',
  run: async (context) => {
    const { bodyClients: clients, seconds, rounds } = context.options;
    const sides = (): Promise<Side[]> => sidesOf(context, chain);
    const load = { clients, bodyBytes: largeBody, seconds, rounds };
    const cells = await sweep(context, { name: 'bodies', sides, ...load });
    return sweepResult('bodies', bodiesSection.title, cells, []);
  },
};
