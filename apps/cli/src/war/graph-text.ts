import { alignColumns, countText } from '../output/text.js';
import type { Graph } from './graph.js';

/** The graph for a terminal: a line for each node, by level; nodes of one level run at the same time. */
export function graphAsText({ name, nodes }: Graph): string {
  const edges = nodes.reduce((total, { children }) => total + children.length, 0);
  const sorted = nodes.toSorted((a, b) => a.level - b.level);
  const rows = sorted.map(({ name: node, kind, url, children, level }) => [
    String(level + 1),
    node,
    url === undefined ? kind : `${kind} ${url}`,
    children.length === 0 ? '-> answer' : `-> ${children.join(', ')}`,
  ]);
  return [
    `${name}: ${countText(nodes.length, 'node')}, ${countText(edges, 'edge')}`,
    ...alignColumns(rows).map((row) => `  ${row}`),
  ].join('\n');
}
