import { TorchweaveError } from '../errors/torchweave-error.js';
import { firstDagFault } from './dag-faults.js';

/** Node name to the names of its children, in the order of the spec. */
export type Adjacency = ReadonlyMap<string, readonly string[]>;

/** A checked directed acyclic graph with one start node. */
export interface Dag {
  /** All nodes, parents before children. */
  readonly nodes: readonly string[];
  readonly start: string;
  /** Nodes without children, in the order of `nodes`. */
  readonly leaves: readonly string[];
  readonly children: Adjacency;
  /** Node name to the names of its parents, in the order in which the spec names the edges. */
  readonly parents: Adjacency;
}

function collectEdges(adjacency: Adjacency): { children: Map<string, string[]>; parents: Map<string, string[]> } {
  const children = new Map<string, string[]>();
  const parents = new Map<string, string[]>();
  const add = (node: string): void => {
    if (children.has(node)) return;
    children.set(node, []);
    parents.set(node, []);
  };
  for (const [from, targets] of adjacency) {
    add(from);
    for (const to of targets) {
      add(to);
      children.get(from)?.push(to);
      parents.get(to)?.push(from);
    }
  }
  return { children, parents };
}

function sortTopologically(children: Map<string, string[]>, parents: Map<string, string[]>): string[] {
  const waitingFor = new Map([...parents].map(([node, above]) => [node, above.length]));
  const order = [...parents.keys()].filter((node) => waitingFor.get(node) === 0);
  // The list grows while it is walked.
  for (const node of order) {
    for (const child of children.get(node) ?? []) {
      const left = (waitingFor.get(child) ?? 0) - 1;
      waitingFor.set(child, left);
      if (left === 0) order.push(child);
    }
  }
  return order;
}

/**
 * Checks the graph by TorchServe's rules (`ensemble/Dag.java`) and with its sentences.
 *
 * @throws TorchweaveError `dagInvalid` for a self loop, an edge named twice, no or several start nodes, a cycle.
 */
export function buildDag(adjacency: Adjacency): Dag {
  const fault = firstDagFault(adjacency);
  if (fault !== undefined) throw new TorchweaveError('dagInvalid', { reason: fault.reason, detail: fault.detail });
  const { children, parents } = collectEdges(adjacency);
  const nodes = sortTopologically(children, parents);
  const [start = ''] = nodes;
  return { nodes, start, leaves: nodes.filter((node) => children.get(node)?.length === 0), children, parents };
}
