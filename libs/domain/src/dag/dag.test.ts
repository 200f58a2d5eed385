import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDag, type Adjacency } from './dag.js';

const adjacency = (edges: Record<string, string[]>): Adjacency => new Map(Object.entries(edges));

describe('buildDag', () => {
  it('sorts nodes so that parents come before children', () => {
    const dag = buildDag(adjacency({ pre: ['up', 'rv'], up: ['agg'], rv: ['agg'] }));
    expect(dag.nodes).toEqual(['pre', 'up', 'rv', 'agg']);
    expect(dag.start).toBe('pre');
    expect(dag.leaves).toEqual(['agg']);
  });

  it('keeps children and parents in the order of the spec', () => {
    const dag = buildDag(adjacency({ pre: ['b', 'a'], a: ['end'], b: ['end'] }));
    expect(dag.children.get('pre')).toEqual(['b', 'a']);
    expect(dag.parents.get('end')).toEqual(['a', 'b']);
    expect(dag.parents.get('pre')).toEqual([]);
    expect(dag.children.get('end')).toEqual([]);
  });

  it('does not mind which node the spec names first', () => {
    const dag = buildDag(adjacency({ post: [], up: ['post'], pre: ['up'] }));
    expect(dag.nodes).toEqual(['pre', 'up', 'post']);
  });

  it('accepts a single node', () => {
    expect(buildDag(adjacency({ up: [] }))).toMatchObject({ nodes: ['up'], start: 'up', leaves: ['up'] });
  });

  it('finds every leaf', () => {
    expect(buildDag(adjacency({ up: ['a', 'b'], b: ['c'] })).leaves).toEqual(['a', 'c']);
  });

  it.each<[string, Record<string, string[]>, string, string]>([
    ['an edge to itself', { up: ['up'] }, 'Self loop exception', 'node up has an edge to itself'],
    ['an edge twice', { pre: ['up', 'up'] }, 'loop exception', 'the edge from pre to up is named twice'],
    ['no node', {}, 'DAG should have only one start node', 'the dag is empty'],
    ['two starts', { up: ['post'], rv: ['post'] }, 'DAG should have only one start node', 'start nodes: up, rv'],
    ['a node on its own', { a: ['b'], c: [] }, 'DAG should have only one start node', 'start nodes: a, c'],
    ['no start', { a: ['b'], b: ['a'] }, 'DAG should have only one start node', 'start nodes: none'],
    [
      'a cycle behind the start',
      { pre: ['up'], up: ['rv'], rv: ['up'] },
      'Not a valid DAG',
      'there is a cycle among up, rv',
    ],
  ])("refuses %s in TorchServe's words", (_what, edges, reason, detail) => {
    expect(() => buildDag(adjacency(edges))).toThrow(
      expect.objectContaining({
        code: 'dagInvalid',
        type: 'InvalidDAGException',
        status: 400,
        message: reason,
        data: { reason, detail },
      }),
    );
  });

  it('sorts any graph without a cycle, and leaves none of its nodes out', () => {
    // Every node but the first gets parents among those before it, so there is one start and no cycle.
    const graph = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { maxLength: 12 });
    const property = fc.property(graph, (parentsOf) => {
      const edges = new Map<string, string[]>([['n0', []]]);
      parentsOf.forEach((parents, i) => {
        edges.set(`n${i + 1}`, []);
        for (const parent of new Set(parents.map((p) => p % (i + 1)))) edges.get(`n${parent}`)?.push(`n${i + 1}`);
      });
      const { nodes, children } = buildDag(edges);
      expect([...nodes].sort()).toEqual([...edges.keys()].sort());
      const place = new Map(nodes.map((node, i) => [node, i]));
      for (const [from, targets] of children) {
        for (const to of targets) expect(place.get(from)).toBeLessThan(place.get(to) ?? -1);
      }
    });
    fc.assert(property);
  });
});
