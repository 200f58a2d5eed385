import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDag } from '../dag/dag.js';
import { TorchweaveError } from '../errors/torchweave-error.js';
import { inspectSpec } from './parse-spec.js';
import { reviewSpec } from './review-spec.js';

const told = (text: string): string[] =>
  reviewSpec(text, 's').problems.map(({ line, column, rule, message }) => `${line}:${column} ${rule}: ${message}`);

describe('a review', () => {
  it('tells the faults of the rules and of the graph together, each with its place', () => {
    const text = 'models:\n  batch-size: 0\n  up: {url: a}\ndag:\n  pre: [up,\nup]# twice\n  up: [up]\n  end: []\n';
    expect(told(text)).toEqual([
      '2:15 setting-values: models.batch-size must be a whole number from 1 to 1024, not 0.',
      '7:8 dag: Self loop exception: node up has an edge to itself.',
      '6:1 dag: loop exception: the edge from pre to up is named twice.',
      '8:3 dag: DAG should have only one start node: it has 2, pre, end.',
    ]);
  });

  it('tells what stands where, through aliases and merges', () => {
    const text =
      'x-m: &m\n  url: a\nmodels:\n  up:\n    <<: *m\n  rv: {url: b}\n  x-n: 1\ndag:\n  pre: &c [up, post]\n  up: *c\n';
    expect(reviewSpec(text, 's')).toMatchObject({
      problems: [{ rule: 'dag', line: 9, column: 12 }],
      functions: ['pre', 'post'],
      models: [
        { name: 'up', url: 'a', line: 2, column: 8 },
        { name: 'rv', url: 'b', line: 6, column: 13 },
      ],
      dag: { line: 8, column: 1 },
    });
  });

  it('says nothing of a graph that cannot be made out', () => {
    const { problems, functions, models } = reviewSpec('dag:\n  a: [a, 1]\n', 's');
    expect([problems.map(({ rule }) => rule), functions, models]).toEqual([['dag-adjacency'], [], []]);
  });

  it('finds the fault that registration tells, and none where it tells none', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'up', '2x');
    const setting = fc.constantFrom('batch-size: 0', 'batch-size: 2', 'min-workers: x', 'url: u');
    const specs = fc
      .record({
        models: fc.uniqueArray(fc.tuple(name, setting), { maxLength: 2, selector: ([key]) => key }),
        dag: fc.uniqueArray(fc.tuple(name, fc.array(name, { maxLength: 2 })), {
          maxLength: 4,
          selector: ([key]) => key,
        }),
      })
      .map(({ models, dag }) => {
        const entries = models.map(([key, value]) => `  ${key}: {${value}}\n`).join('');
        return `models:\n${entries}dag:\n${dag.map(([key, children]) => `  ${key}: [${children.join(', ')}]\n`).join('')}`;
      });
    const property = fc.property(specs, (text) => {
      const { problems } = reviewSpec(text, 's');
      const reading = inspectSpec(text, 's');
      if ('problems' in reading) expect(problems.slice(0, reading.problems.length)).toEqual(reading.problems);
      else
        expect(problems.some(({ message }) => message.startsWith(refusal(reading.spec.dag)))).toBe(problems.length > 0);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

/** TorchServe's sentence for a graph that is refused; what begins no sentence for one that is not. */
function refusal(dag: Parameters<typeof buildDag>[0]): string {
  try {
    buildDag(dag);
    return 'no fault';
  } catch (error) {
    return error instanceof TorchweaveError ? error.message : String(error);
  }
}
