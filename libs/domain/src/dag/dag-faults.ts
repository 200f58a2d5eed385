import type { Adjacency } from './dag.js';

/** One fault of a graph, by TorchServe's rules (`ensemble/Dag.java`), and the edge or node by which it can be found in the file. */
export interface DagFault {
  /** TorchServe's sentence. */
  readonly reason: string;
  /** What is meant by it, as the error `dagInvalid` has it. */
  readonly detail: string;
  /** Both, for whoever has the file before him. */
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

/** What the adjacency says: the edges that a graph can have, and the faults of those that it cannot, in the order of the file. */
function readEdges(adjacency: Adjacency): { children: Map<string, Set<string>>; faults: DagFault[] } {
  const children = new Map<string, Set<string>>();
  const faults: DagFault[] = [];
  const childrenOf = (node: string): Set<string> => {
    const known = children.get(node) ?? new Set();
    children.set(node, known);
    return known;
  };
  for (const [from, targets] of adjacency) {
    const known = childrenOf(from);
    for (const to of targets) {
      if (from === to) faults.push(faultOf(selfLoop, `node ${from} has an edge to itself`, { from, to }));
      else if (known.has(to)) faults.push(faultOf(loop, `the edge from ${from} to ${to} is named twice`, { from, to }));
      else known.add(to);
      childrenOf(to);
    }
  }
  return { children, faults };
}

const selfLoop = 'Self loop exception';
const loop = 'loop exception';
const oneStart = 'DAG should have only one start node';
const maxShownNames = 10;

const faultOf = (reason: string, detail: string, at: Partial<Edge> = {}): DagFault => ({
  reason,
  detail,
  message: `${reason}: ${detail}.`,
  ...at,
});

/** Names for a message; of a large graph the first few will do. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, maxShownNames).join(', ');
  return names.length > maxShownNames ? `${shown} and ${names.length - maxShownNames} more` : shown;
}

function startFaults(children: ReadonlyMap<string, ReadonlySet<string>>): DagFault[] {
  if (children.size === 0) return [faultOf(oneStart, 'the dag is empty')];
  const targets = new Set([...children.values()].flatMap((each) => [...each]));
  const starts = [...children.keys()].filter((node) => !targets.has(node));
  if (starts.length === 1) return [];
  const [, from] = starts;
  const count = starts.length === 0 ? 'it has none' : `it has ${starts.length}, ${list(starts)}`;
  return [
    {
      ...faultOf(oneStart, `start nodes: ${list(starts) || 'none'}`, from === undefined ? {} : { from }),
      message: `${oneStart}: ${count}.`,
    },
  ];
}

function cycleFaults(children: ReadonlyMap<string, ReadonlySet<string>>): DagFault[] {
  const nodes = [...children.keys()];
  return findCycles(nodes, (node) => [...(children.get(node) ?? [])]).map((cycle) => {
    const isMember = new Set(cycle);
    const members = nodes.filter((node) => isMember.has(node));
    const [from = ''] = members;
    return faultOf('Not a valid DAG', `there is a cycle among ${list(members)}`, { from });
  });
}

function faultsInOrder(adjacency: Adjacency): DagFault[] {
  const { children, faults } = readEdges(adjacency);
  return [...faults, ...startFaults(children), ...cycleFaults(children)];
}

/** The fault that TorchServe, which adds edge by edge, meets first; undefined where there is none. */
export const firstDagFault = (adjacency: Adjacency): DagFault | undefined => faultsInOrder(adjacency)[0];

/** Every fault of a graph: edges to a node itself, edges named twice, the start nodes, each cycle. None where `buildDag` takes it. */
export function findDagFaults(adjacency: Adjacency): DagFault[] {
  const faults = faultsInOrder(adjacency);
  const isLoop = ({ reason }: DagFault): boolean => reason === selfLoop;
  return [...faults.filter(isLoop), ...faults.filter((fault) => !isLoop(fault))];
}
