import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDag } from './dag.js';
import { findDagFaults, firstDagFault } from './dag-faults.js';

const faultsOf = (dag: Readonly<Record<string, readonly string[]>>): string[] =>
  findDagFaults(new Map(Object.entries(dag))).map(({ message }) => message);

function isAccepted(adjacency: ReadonlyMap<string, readonly string[]>): boolean {
  try {
    buildDag(adjacency);
    return true;
  } catch {
    return false;
  }
}

describe('findDagFaults', () => {
  it('finds nothing wrong with a diamond', () => {
    expect(faultsOf({ a: ['b', 'c'], b: ['d'], c: ['d'] })).toEqual([]);
  });

  it('tells every loop, every repeated edge, the start nodes and every cycle', () => {
    expect(
      faultsOf({ a: ['a', 'b', 'b'], b: ['b'], s: ['t'], t: ['u'], u: ['t', 'x'], x: ['y'], y: ['z'], z: ['x'] }),
    ).toEqual([
      'Self loop exception: node a has an edge to itself.',
      'Self loop exception: node b has an edge to itself.',
      'loop exception: the edge from a to b is named twice.',
      'DAG should have only one start node: it has 2, a, s.',
      'Not a valid DAG: there is a cycle among x, y, z.',
      'Not a valid DAG: there is a cycle among t, u.',
    ]);
  });

  it('does not blame nodes that lie behind a cycle', () => {
    expect(faultsOf({ a: ['b'], b: ['c'], c: ['b', 'd'] })).toEqual(['Not a valid DAG: there is a cycle among b, c.']);
  });

  it('tells that nothing can begin, and why', () => {
    expect(faultsOf({ a: ['b'], b: ['a'] })).toEqual([
      'DAG should have only one start node: it has none.',
      'Not a valid DAG: there is a cycle among a, b.',
    ]);
  });

  it('names no more than ten nodes', () => {
    const [fault] = faultsOf(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`n${at}`, []])));
    expect(fault).toMatch(/^DAG should have only one start node: it has 12, n0, .*, n9 and 2 more\.$/);
  });

  it('tells an empty dag', () => {
    expect(faultsOf({})).toEqual(['DAG should have only one start node: the dag is empty.']);
  });

  it('finds a fault in whatever the domain refuses, and none in what it accepts', () => {
    const node = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const adjacencies = fc.uniqueArray(fc.tuple(node, fc.array(node, { maxLength: 3 })), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(adjacencies, (entries) => {
        const adjacency = new Map(entries);
        const faults = findDagFaults(adjacency);
        expect(faults.length === 0).toBe(isAccepted(adjacency));
        const first = firstDagFault(adjacency);
        if (first !== undefined) expect(faults).toContainEqual(first);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a chain of ten thousand nodes', () => {
    const chain = new Map(Array.from({ length: 10_000 }, (_, at) => [`n${at}`, [`n${at + 1}`]] as const));
    expect(findDagFaults(chain)).toEqual([]);
  });
});
