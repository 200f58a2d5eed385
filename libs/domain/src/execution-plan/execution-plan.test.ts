import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkflowDefinition } from '../workflow/definition.js';
import { parseManifest } from '../archive/manifest.js';
import { defaultNodeSettings, type WorkflowSpec } from '../spec/spec.js';
import { defineWorkflow } from '../workflow/definition.js';
import { answerOf } from './answer.js';
import { ExecutionPlan, type PlannedNode } from './execution-plan.js';
import type { NodeOutput } from './node-io.js';

function workflow(edges: Record<string, string[]>, retryAttempts = 1): WorkflowDefinition {
  const manifest = parseManifest(
    JSON.stringify({
      createdOn: 'x',
      archiverVersion: '1',
      workflow: { workflowName: 'w', specFile: 's', handler: 'h' },
    }),
  );
  const spec: WorkflowSpec = {
    globals: { ...defaultNodeSettings, retryAttempts },
    models: [],
    dag: new Map(Object.entries(edges)),
  };
  return defineWorkflow({ url: 'w.war', digest: 'd', manifest, spec });
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const output = (text: string): NodeOutput => ({ value: bytes(text) });
const request = [{ name: 'data', value: bytes('request'), contentType: 'text/plain' }];
const names = (nodes: readonly PlannedNode[]): string[] => nodes.map(({ node }) => node.name);

describe('ExecutionPlan', () => {
  it('knows nodes by index, parents before children', () => {
    const plan = new ExecutionPlan(workflow({ pre: ['up', 'rv'], up: ['agg'], rv: ['agg'] }));
    expect(plan.nodes.map(({ index, children, parents, node }) => [index, node.name, children, parents])).toEqual([
      [0, 'pre', [1, 2], []],
      [1, 'up', [3], [0]],
      [2, 'rv', [3], [0]],
      [3, 'agg', [], [1, 2]],
    ]);
    expect(plan.leaves).toEqual([3]);
  });
});

describe('PlanRun', () => {
  const diamond = { pre: ['up', 'rv'], up: ['agg'], rv: ['agg'] };

  it('begins with the start node', () => {
    const run = new ExecutionPlan(workflow({ up: ['post'], pre: ['up'] })).begin(request);
    expect(names([run.start])).toEqual(['pre']);
    expect(run.isComplete).toBe(false);
  });

  describe('gives back memory', () => {
    const observed = (): { released: string[]; run: ReturnType<ExecutionPlan['begin']>; done: (i: number) => void } => {
      const released: string[] = [];
      const releasing = (name: string) => () => void released.push(name);
      const run = new ExecutionPlan(workflow(diamond)).begin(request, releasing('request'));
      const done = (index: number): void =>
        void run.complete(index, { ...output('x'), release: releasing(`output ${index}`) });
      return { released, run, done };
    };

    it('as soon as the last node that reads it is done, and keeps the answer', () => {
      const { released, done } = observed();
      done(0);
      expect(released).toEqual(['request']);
      done(2);
      expect(released).toEqual(['request']);
      done(1);
      expect(released).toEqual(['request', 'output 0']);
      done(3);
      expect(released).toEqual(['request', 'output 0', 'output 1', 'output 2']);
    });

    it('never, once an attempt has failed: it may be read still', () => {
      const { released, run, done } = observed();
      done(0);
      run.fail(1);
      for (const index of [1, 2, 3]) done(index);
      expect(released).toEqual(['request']);
    });
  });

  it('lets a node run when the last of its parents has completed', () => {
    const run = new ExecutionPlan(workflow(diamond)).begin(request);
    expect(names(run.complete(0, output('a')))).toEqual(['up', 'rv']);
    expect(run.complete(2, output('b'))).toEqual([]);
    expect(names(run.complete(1, output('c')))).toEqual(['agg']);
    expect(run.isComplete).toBe(false);
    expect(run.complete(3, output('d'))).toEqual([]);
    expect(run.isComplete).toBe(true);
  });

  it('takes the completion of a node once', () => {
    const run = new ExecutionPlan(workflow({ pre: ['up'] })).begin(request);
    run.complete(0, output('first'));
    expect(run.complete(0, output('second'))).toEqual([]);
    expect(run.outputOf(0)).toEqual(output('first'));
    expect(run.isComplete).toBe(false);
  });

  it('gives the start node the request as it is', () => {
    const run = new ExecutionPlan(workflow(diamond)).begin(request);
    expect(run.inputOf(0)).toBe(request);
  });

  it('gives a node with one parent its output as body', () => {
    const run = new ExecutionPlan(workflow(diamond)).begin(request);
    run.complete(0, { value: bytes('a'), contentType: 'application/json', headers: { 'x-out': '1' } });
    expect(run.inputOf(1)).toEqual([{ name: 'body', value: bytes('a') }]);
  });

  it('gives a node with several parents one field of each, in the order of the spec', () => {
    const run = new ExecutionPlan(workflow(diamond)).begin(request);
    run.complete(0, output('a'));
    run.complete(2, output('of rv'));
    run.complete(1, output('of up'));
    expect(run.inputOf(3)).toEqual([
      { name: 'up', value: bytes('of up') },
      { name: 'rv', value: bytes('of rv') },
    ]);
  });

  it('has no input for a node whose parents have not completed', () => {
    const run = new ExecutionPlan(workflow(diamond)).begin(request);
    expect(() => run.inputOf(3)).toThrow('node up has no output yet');
  });

  it.each([
    [0, []],
    [1, [10]],
    [3, [10, 20, 40]],
    [9, [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]],
  ])('with %i retries waits %j ms before them, and then gives up', (retryAttempts, delays) => {
    const run = new ExecutionPlan(workflow({ pre: [] }, retryAttempts)).begin(request);
    for (const delayMs of delays) expect(run.fail(0)).toBe(delayMs);
    expect(run.fail(0)).toBeUndefined();
    expect(run.attemptsOf(0)).toBe(retryAttempts + 1);
  });

  it('counts the failures of each node, and of each run, on their own', () => {
    const plan = new ExecutionPlan(workflow({ pre: ['up'] }, 1));
    const [first, second] = [plan.begin(request), plan.begin(request)];
    expect(first.fail(0)).toBe(10);
    expect(first.fail(1)).toBe(10);
    expect(second.fail(0)).toBe(10);
    expect([first.attemptsOf(0), first.attemptsOf(1), second.attemptsOf(1)]).toEqual([1, 1, 0]);
  });

  describe('skips what nobody has chosen', () => {
    // switch -> a | b; a -> c; b -> c; b -> d
    const graph = { switch: ['a', 'b'], a: ['c'], b: ['c', 'd'] };
    const [a, b, c, d] = [1, 2, 3, 4];

    it('and what lies behind it alone', () => {
      const run = new ExecutionPlan(workflow(graph)).begin(request);
      expect(names(run.complete(0, output('s'), [a]))).toEqual(['a']);
      expect([a, b, c, d].map((index) => run.isSkipped(index))).toEqual([false, true, false, true]);
      expect(names(run.complete(a, output('a')))).toEqual(['c']);
      expect(run.inputOf(c)).toEqual([{ name: 'a', value: bytes('a') }]);
      run.complete(c, output('c'));
      expect(run.isComplete).toBe(true);
    });

    it('and answers the leaves that ran', () => {
      const plan = new ExecutionPlan(workflow(graph));
      const answered = ([first, ...rest]: number[]): unknown => {
        const run = plan.begin(request);
        run.complete(0, output('s'), [first as number]);
        for (const index of [first as number, ...rest]) run.complete(index, output(`${index}`));
        return JSON.parse(new TextDecoder().decode(answerOf(plan, run).value));
      };
      expect([answered([a, c]), answered([b, c, d])]).toEqual([{ c: 3 }, { c: 3, d: 4 }]);
    });

    it('and gives back the memory that only skipped nodes were to read', () => {
      const run = new ExecutionPlan(workflow(graph)).begin(request);
      let isReleased = false;
      run.complete(0, { ...output('s'), release: () => (isReleased = true) }, [a]);
      expect(isReleased).toBe(false);
      run.complete(a, output('a'));
      expect(isReleased).toBe(true);
    });

    it('however deep it goes', () => {
      const deep = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`n${i}`, [`n${i + 1}`]]));
      const plan = new ExecutionPlan(workflow({ switch: ['here', 'n0'], ...deep }));
      const run = plan.begin(request);
      const here = plan.nodes.findIndex(({ node }) => node.name === 'here');
      run.complete(0, output('s'), [here]);
      run.complete(here, output('x'));
      expect(run.isComplete).toBe(true);
    });

    it.each([[[]], [[3]], [[1, 99]]])('but takes no choice of %j', (chosen) => {
      const run = new ExecutionPlan(workflow(graph)).begin(request);
      expect(() => run.complete(0, output('s'), chosen)).toThrow(
        'node switch must choose at least one of its children',
      );
    });
  });

  const parentsOfNodes = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { maxLength: 12 });

  /** Any graph whose first node is the only one without parents. */
  function anyWorkflow(parentsOf: readonly (readonly number[])[]): WorkflowDefinition {
    const edges: Record<string, string[]> = { n0: [] };
    parentsOf.forEach((parents, i) => {
      edges[`n${i + 1}`] = [];
      for (const parent of new Set(parents.map((p) => p % (i + 1)))) edges[`n${parent}`]?.push(`n${i + 1}`);
    });
    return workflow(edges);
  }

  it('ends each node of any graph exactly once, whatever its nodes choose: run where an open way leads to it, else skipped', () => {
    const property = fc.property(parentsOfNodes, fc.infiniteStream(fc.nat()), (parentsOf, choices) => {
      const plan = new ExecutionPlan(anyWorkflow(parentsOf));
      const run = plan.begin(request);
      const ready = [run.start];
      const done = new Map<number, readonly number[]>();
      while (ready.length > 0) {
        const [{ index, parents, children }] = ready.splice(choices.next().value % ready.length, 1) as [PlannedNode];
        expect(done.has(index) || run.isSkipped(index)).toBe(false);
        expect(parents.every((parent) => done.has(parent) || run.isSkipped(parent))).toBe(true);
        const open = parents.filter((parent) => done.get(parent)?.includes(index));
        expect(run.inputOf(index)).toHaveLength(Math.max(1, open.length));
        const some = children.filter(() => choices.next().value % 2 === 0);
        const chosen = some.length > 0 ? some : children.slice(0, 1);
        done.set(index, chosen);
        ready.push(...run.complete(index, output('x'), chosen));
      }
      expect(run.isComplete).toBe(true);
      const isReached = (index: number): boolean =>
        index === 0 || [...done.values()].some((chosen) => chosen.includes(index));
      for (const { index } of plan.nodes)
        expect([done.has(index), run.isSkipped(index)]).toEqual([isReached(index), !isReached(index)]);
      expect(plan.leaves.some((leaf) => done.has(leaf))).toBe(true);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('completes each node of any graph exactly once, after its parents, in whatever order nodes end', () => {
    const property = fc.property(parentsOfNodes, fc.infiniteStream(fc.nat()), (parentsOf, choices) => {
      const plan = new ExecutionPlan(anyWorkflow(parentsOf));
      const run = plan.begin(request);
      const ready = [run.start];
      const done = new Set<number>();
      while (ready.length > 0) {
        const [next] = ready.splice(choices.next().value % ready.length, 1) as [PlannedNode];
        expect(done.has(next.index)).toBe(false);
        expect(next.parents.every((parent) => done.has(parent))).toBe(true);
        expect(run.inputOf(next.index)).toHaveLength(Math.max(1, next.parents.length));
        done.add(next.index);
        ready.push(...run.complete(next.index, output(next.node.name)));
        expect(run.isComplete).toBe(done.size === plan.nodes.length);
      }
      expect(done.size).toBe(plan.nodes.length);
    });
    fc.assert(property);
  });
});
