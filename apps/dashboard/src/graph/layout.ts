import { Graph, layout as arrange } from '@dagrejs/dagre';

/** px of a node as it is drawn. */
export const nodeSize = { width: 196, height: 110 } as const;

/** Where a node stands: its upper left corner, in px. */
export interface Placed {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** An edge between two nodes, by their names. */
export type Edge = readonly [from: string, to: string];

/** Lays a graph out from left to right. Edges of nodes that are not there are passed over. */
export function placed(names: readonly string[], edges: readonly Edge[]): Placed[] {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const name of names) graph.setNode(name, { ...nodeSize });
  for (const [from, to] of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  arrange(graph);
  return names.map((name) => {
    const { x, y } = graph.node(name) as { x: number; y: number };
    return { name, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 };
  });
}
