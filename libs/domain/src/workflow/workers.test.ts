import { describe, expect, it } from 'vitest';
import { parseSpec } from '../spec/parse-spec.js';
import { defineWorkflow, modelNodes } from './definition.js';
import { nodesToScale, withWorkers, workerRangeOf } from './workers.js';

const spec = `models:
  a: {url: a.mar}
  b: {url: b.mar, min-workers: 2, max-workers: 4}
dag:
  pre: [a]
  a: [b]
`;
const manifest = {
  ...{ createdOn: '', archiverVersion: '1' },
  workflow: { workflowName: 'w', specFile: 's.yaml', handler: 'h.py' },
};
const definition = defineWorkflow({ url: 'w.war', digest: 'd', manifest, spec: parseSpec(spec, 's.yaml') });
const functionsOnly = { ...definition, nodes: definition.nodes.filter(({ kind }) => kind === 'function') };
const numbersIn = (workflow: typeof definition): number[][] =>
  modelNodes(workflow).map(({ minWorkers, maxWorkers }) => [minWorkers, maxWorkers]);

describe('the workers that a request asks for', () => {
  it.each([
    [2, 5, [2, 5]],
    [3, undefined, [3, 3]],
    [undefined, 3, [1, 3]],
    [undefined, undefined, [1, 1]],
    [0, undefined, [0, 1]],
    [1_024, 1_024, [1_024, 1_024]],
  ])('are, of min_worker %s and max_worker %s, %j', (least, most, [minWorkers, maxWorkers]) => {
    expect(workerRangeOf(least, most)).toEqual({ minWorkers, maxWorkers });
  });

  it('are not more at least than at most', () => {
    expect(() => workerRangeOf(3, 2)).toThrow('Parameter max_worker must be at least min_worker, 3, not "2".');
    expect(() => workerRangeOf(undefined, 0)).toThrow('Parameter max_worker must be at least min_worker, 1, not "0".');
  });
});

describe('the nodes that a request means', () => {
  it('are all that have models, or the one that it names', () => {
    expect(nodesToScale(definition)).toEqual(['a', 'b']);
    expect(nodesToScale(definition, 'b')).toEqual(['b']);
  });

  it('are none that is not there, and none without workers', () => {
    const isRefused = (node: string | undefined, of = definition): unknown => {
      try {
        return nodesToScale(of, node);
      } catch (error) {
        return error;
      }
    };
    expect(isRefused('c')).toMatchObject({
      ...{ code: 'nodeNotFound', status: 404 },
      message: 'Workflow w has no node c. Its nodes with models are: a, b.',
    });
    expect(isRefused('pre')).toMatchObject({
      ...{ code: 'nodeWithoutWorkers', status: 400 },
      message: expect.stringMatching(/^Node pre of workflow w is a function, .* Its nodes with models are: a, b\.$/),
    });
    expect(isRefused(undefined, functionsOnly)).toMatchObject({
      ...{ code: 'nodeWithoutWorkers', status: 400 },
      message: expect.stringMatching(/^Workflow w has no node with a model/),
    });
  });
});

describe('a definition with other numbers', () => {
  it('has them at the nodes that are meant, and is the same in all else', () => {
    const scaled = withWorkers(definition, ['a'], { minWorkers: 3, maxWorkers: 6 });
    expect(numbersIn(scaled)).toEqual([
      [3, 6],
      [2, 4],
    ]);
    expect(withWorkers(scaled, ['a'], { minWorkers: 1, maxWorkers: 1 })).toEqual(definition);
  });
});
