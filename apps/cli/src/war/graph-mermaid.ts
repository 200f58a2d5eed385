import type { Graph, GraphNode } from './graph.js';

/** Mermaid's own way to write a character that would end a label. */
const escapeLabel = (text: string): string => text.replace(/["<>&#]/g, (char) => `#${char.codePointAt(0) ?? 0};`);

function declaration({ name, url }: GraphNode, id: string): string {
  if (url === undefined) return `  ${id}(["${escapeLabel(name)}"])`;
  return `  ${id}["${escapeLabel(name)}<br/>${escapeLabel(url)}"]`;
}

/** The graph in Mermaid's language. Nodes have ids of their own, for names may be words of that language. */
export function graphAsMermaid({ nodes }: Graph): string {
  const ids = new Map(nodes.map(({ name }, at) => [name, `n${at}`]));
  const edges = nodes.flatMap(({ name, children }) =>
    children.map((child) => `  ${ids.get(name) ?? ''} --> ${ids.get(child) ?? ''}`),
  );
  return ['flowchart TD', ...nodes.map((node) => declaration(node, ids.get(node.name) ?? '')), ...edges].join('\n');
}
