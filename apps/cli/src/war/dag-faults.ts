import type { Adjacency } from '@torchweave/domain';

/** One fault of a graph, and the edge or node by which it can be found in the file. */
export interface DagFault {
  readonly message: string;
  readonly from?: string;
  readonly to?: string;
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The sets of nodes that reach one another, of two or more nodes (Tarjan's algorithm, with a stack of its own). */
function findCycles(nodes: readonly string[], childrenOf: (node: string) => readonly string[]): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const cycles: string[][] = [];
  const lower = (node: string, to: number): void => void lowest.set(node, Math.min(lowest.get(node) ?? to, to));
  const enter = (node: string): { node: string; left: string[] } => {
    order.set(node, order.size);
    lower(node, order.size - 1);
    open.push(node);
    isOpen.add(node);
    return { node, left: [...childrenOf(node)] };
  };
  const leave = (node: string): void => {
    if (lowest.get(node) !== order.get(node)) return;
    const members = open.splice(open.indexOf(node));
    for (const member of members) isOpen.delete(member);
    if (members.length > 1) cycles.push(members);
  };
  for (const root of nodes) {
    if (order.has(root)) continue;
    const path = [enter(root)];
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const child = last.left.shift();
      if (child === undefined) {
        path.pop();
        leave(last.node);
        const above = path.at(-1);
        if (above !== undefined) lower(above.node, lowest.get(last.node) ?? 0);
      } else if (!order.has(child)) path.push(enter(child));
      else if (isOpen.has(child)) lower(last.node, order.get(child) ?? 0);
    }
  }
  return cycles;
}

/** Splits the edges into those of a graph and those that cannot be: to the node itself, or named twice. */
function sortOut(adjacency: Adjacency): { children: Map<string, string[]>; loops: Edge[]; repeated: Edge[] } {
  const children = new Map<string, string[]>();
  const loops: Edge[] = [];
  const repeated: Edge[] = [];
  const childrenOf = (node: string): string[] => {
    const known = children.get(node) ?? [];
    children.set(node, known);
    return known;
  };
  for (const [from, targets] of adjacency) {
    const known = childrenOf(from);
    for (const to of targets) {
      if (from === to) loops.push({ from, to });
      else if (known.includes(to)) repeated.push({ from, to });
      else known.push(to);
      childrenOf(to);
    }
  }
  return { children, loops, repeated };
}

/**
 * Finds every fault for which the domain's `buildDag` would refuse a graph, where it stops at the first; with
 * TorchServe's phrases, as it does. None where it would accept.
 */
export function findDagFaults(adjacency: Adjacency): DagFault[] {
  const { children, loops, repeated } = sortOut(adjacency);
  const oneStart = 'DAG should have only one start node';
  if (children.size === 0) return [{ message: `${oneStart}: the dag is empty.` }];
  const faults: DagFault[] = [
    ...loops.map((edge) => ({ ...edge, message: `Self loop exception: node ${edge.from} has an edge to itself.` })),
    ...repeated.map((edge) => ({
      ...edge,
      message: `loop exception: the edge from ${edge.from} to ${edge.to} is named twice.`,
    })),
  ];
  const targets = new Set([...children.values()].flat());
  const starts = [...children.keys()].filter((node) => !targets.has(node));
  const [, second] = starts;
  if (second !== undefined) {
    faults.push({ from: second, message: `${oneStart}: it has ${starts.length}, ${starts.join(', ')}.` });
  }
  const nodes = [...children.keys()];
  for (const cycle of findCycles(nodes, (node) => children.get(node) ?? [])) {
    const members = nodes.filter((node) => cycle.includes(node));
    const [first = ''] = members;
    faults.push({ from: first, message: `Not a valid DAG: there is a cycle among ${members.join(', ')}.` });
  }
  return faults;
}
