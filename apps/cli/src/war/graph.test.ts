import { buildDag, parseSpec } from '@torchweave/domain';
import { describe, expect, it } from 'vitest';
import { graphAsDot } from './graph-dot.js';
import { graphAsMermaid } from './graph-mermaid.js';
import { graphAsSvg } from './graph-svg.js';
import { graphAsText } from './graph-text.js';
import { graphOf, type Graph } from './graph.js';
import { boxHeight, layOut } from './layout.js';

function graphFrom(name: string, text: string): Graph {
  const spec = parseSpec(text, 'spec.yaml');
  return graphOf(name, { spec, dag: buildDag(spec.dag) });
}

const spec = `
models:
  up: {url: upper.mar}
  end: {url: "https://example.com/a&b.mar"}
dag:
  pre: [up, mid, agg]
  up: [agg]
  mid: [agg]
  agg: [end]
`;
const diamond = graphFrom('a<b', spec);
const edges = ['pre up', 'pre mid', 'pre agg', 'up agg', 'mid agg', 'agg end'];

const group = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match.slice(1).join(' '));

describe('graphOf', () => {
  it('puts each node on the level of its longest way from the start', () => {
    const levels = Object.fromEntries(diamond.nodes.map(({ name, level }) => [name, level]));
    expect(levels).toEqual({ pre: 0, up: 1, mid: 1, agg: 2, end: 3 });
  });
});

describe('graphAsText', () => {
  it('has a line for each node, with its level, kind and children', () => {
    expect(
      graphAsText(diamond)
        .split('\n')
        .map((line) => line.trim().replace(/ {2,}/g, ' | ')),
    ).toEqual([
      'a<b: 5 nodes, 6 edges',
      '1 | pre | function | -> up, mid, agg',
      '2 | up | model upper.mar | -> agg',
      '2 | mid | function | -> agg',
      '3 | agg | function | -> end',
      '4 | end | model https://example.com/a&b.mar | -> answer',
    ]);
  });
});

describe('graphAsMermaid', () => {
  it('draws every edge, under names that its language cannot misread', () => {
    const text = graphAsMermaid(diamond);
    const names = new Map(
      text.split('\n').flatMap((line) => {
        const match = /^ {2}(n\d+)\(?\["(\w+)/.exec(line);
        return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
      }),
    );
    expect(
      group(text, /(n\d+) --> (n\d+)/g).map((edge) =>
        edge
          .split(' ')
          .map((id) => names.get(id))
          .join(' '),
      ),
    ).toEqual(edges);
    expect(text).toContain('a#38;b.mar');
  });
});

describe('graphAsDot', () => {
  it('draws every edge and quotes names', () => {
    const text = graphAsDot(diamond);
    expect(group(text, /"(.+)" -> "(.+)";/g)).toEqual(edges);
    expect(text).toMatch(/^digraph "a<b" \{/);
    expect(graphAsDot({ name: 'q"\\', nodes: [] })).toContain('digraph "q\\"\\\\" {');
  });
});

describe('graphAsSvg', () => {
  it('draws every node and every edge', () => {
    const text = graphAsSvg(diamond);
    expect(group(text, /<title>(\w+) -&gt; (\w+)<\/title>/g)).toEqual(edges);
    expect(group(text, /<title>(?:model|function) (\w+)<\/title>/g)).toEqual(diamond.nodes.map(({ name }) => name));
  });

  it('escapes what XML would read', () => {
    const text = graphAsSvg(diamond);
    expect(text).toContain('Workflow a&lt;b');
    expect(text).toContain('a&amp;b.mar');
    expect(text).not.toMatch(/&(?!amp;|lt;|gt;|quot;|apos;)/);
  });
});

describe('layOut', () => {
  it('keeps the boxes of a level apart and inside of the picture', () => {
    const wide = graphFrom(
      'wide',
      `dag:\n  s: [${Array.from({ length: 9 }, (_, at) => `node${at}`).join(', ')}, e]\n  node3: [e]\n`,
    );
    const { nodes, width, height } = layOut(wide);
    for (const a of nodes) {
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width / 2).toBeLessThanOrEqual(width);
      expect(a.y + boxHeight / 2).toBeLessThanOrEqual(height);
      for (const b of nodes) {
        if (a !== b && a.y === b.y) expect(Math.abs(a.x - b.x)).toBeGreaterThan((a.width + b.width) / 2);
      }
    }
  });

  it('leads a long edge past the boxes between its ends', () => {
    const { edges: drawn, nodes } = layOut(diamond);
    const long = drawn.find(({ from, to }) => from === 'pre' && to === 'agg');
    const passing = long?.points[1];
    expect(long?.points).toHaveLength(4);
    const between = nodes.filter(({ y }) => y - boxHeight / 2 === passing?.y);
    expect(between.map(({ node }) => node.name)).toEqual(['up', 'mid']);
    for (const { x, width } of between) expect(Math.abs((passing?.x ?? 0) - x)).toBeGreaterThan(width / 2);
  });

  it('orders the nodes of a level so that edges do not cross without need', () => {
    const crossed = graphFrom('x', 'dag:\n  s: [a, b]\n  a: [d]\n  b: [c]\n  c: [e]\n  d: [e]\n');
    const at = (name: string): number => layOut(crossed).nodes.find(({ node }) => node.name === name)?.x ?? 0;
    expect(at('a') < at('b')).toBe(at('d') < at('c'));
  });
});
