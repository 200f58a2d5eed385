import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indented } from './indented.js';
import { nodeSize, placed, type Edge } from './layout.js';
import { neighbour } from './walk.js';

const names = ['prepare', 'left', 'right', 'decide'];
const edges: Edge[] = [
  ['prepare', 'left'],
  ['prepare', 'right'],
  ['left', 'decide'],
  ['right', 'decide'],
];

/** Graphs whose edges lead from earlier nodes to later ones. */
const graphs = fc.integer({ min: 2, max: 40 }).chain((size) => {
  const all = Array.from({ length: size }, (_, at) => `node-${at}`);
  const edge = fc.tuple(fc.nat(size - 1), fc.nat(size - 1)).filter(([from, to]) => from < to);
  return fc
    .record({ all: fc.constant(all), links: fc.array(edge, { maxLength: 60 }) })
    .map(({ all: nodes, links }) => ({
      nodes,
      links: links.map(([from, to]): Edge => [nodes[from] ?? '', nodes[to] ?? '']),
    }));
});

describe('a graph laid out', () => {
  it('leads from left to right, and no node covers another', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, links }) => {
        const at = new Map(placed(nodes, links).map((node) => [node.name, node]));
        for (const [from, to] of links) expect(at.get(from)?.x).toBeLessThan(at.get(to)?.x ?? 0);
        const all = [...at.values()];
        for (const one of all)
          for (const other of all.filter(({ name }) => name > one.name))
            expect(
              Math.abs(one.x - other.x) >= nodeSize.width - 1 || Math.abs(one.y - other.y) >= nodeSize.height - 1,
            ).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('passes over edges of nodes that are not there', () => {
    expect(placed(['a'], [['a', 'b']])).toHaveLength(1);
  });

  it('is walked by arrow keys', () => {
    const nodes = placed(names, edges);
    const first = neighbour(nodes, 'prepare', 'ArrowRight');
    expect(['left', 'right']).toContain(first);
    expect(neighbour(nodes, 'left', 'ArrowLeft')).toBe('prepare');
    const below = neighbour(nodes, first ?? '', 'ArrowDown') ?? neighbour(nodes, first ?? '', 'ArrowUp');
    expect(['left', 'right']).toContain(below);
    expect(neighbour(nodes, 'decide', 'ArrowRight')).toBeUndefined();
    expect(neighbour(nodes, 'gone', 'ArrowRight')).toBe('prepare');
  });
});

describe('a graph as a list', () => {
  it('has each node once, after and deeper than what flows into it', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, links }) => {
        const list = indented(nodes, links);
        expect(list.map(({ name }) => name).sort()).toEqual([...nodes].sort());
        const places = new Map(list.map(({ name, depth }, place) => [name, { depth, place }]));
        for (const { name, depth, parents } of list)
          for (const parent of parents) {
            expect(places.get(parent)?.depth).toBeLessThan(depth);
            expect(places.get(parent)?.place).toBeLessThan(places.get(name)?.place ?? 0);
          }
      }),
      { numRuns: 30 },
    );
  });
  it('shows the nodes of what is no graph at all', () => {
    expect(
      indented(
        ['a', 'b'],
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
      ).map(({ name }) => name),
    ).toEqual(['a', 'b']);
  });
});
