import type { Graph } from './graph.js';

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The graph in Graphviz's language. */
export function graphAsDot({ name, nodes }: Graph): string {
  const declarations = nodes.map(({ name: node, url }) =>
    url === undefined ? `  ${quote(node)} [shape=ellipse];` : `  ${quote(node)} [shape=box, tooltip=${quote(url)}];`,
  );
  const edges = nodes.flatMap(({ name: node, children }) =>
    children.map((child) => `  ${quote(node)} -> ${quote(child)};`),
  );
  return [`digraph ${quote(name)} {`, ...declarations, ...edges, '}'].join('\n');
}
