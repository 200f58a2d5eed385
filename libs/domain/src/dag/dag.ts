import { TorchweaveError } from '../errors/torchweave-error.js';

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

const maxShownNames = 10;

function refuse(reason: string, detail: string): never {
  throw new TorchweaveError('dagInvalid', { reason, detail });
}

/** Names for a message; of a large graph the first few will do. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, maxShownNames).join(', ');
  return names.length > maxShownNames ? `${shown} and ${names.length - maxShownNames} more` : shown;
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
    const named = new Set<string>();
    for (const to of targets) {
      add(to);
      if (from === to) refuse('Self loop exception', `node ${from} has an edge to itself`);
      if (named.has(to)) refuse('loop exception', `the edge from ${from} to ${to} is named twice`);
      named.add(to);
      children.get(from)?.push(to);
      parents.get(to)?.push(from);
    }
  }
  return { children, parents };
}

function sortTopologically(children: Map<string, string[]>, parents: Map<string, string[]>, start: string): string[] {
  const waitingFor = new Map([...parents].map(([node, above]) => [node, above.length]));
  const order = [start];
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
  const { children, parents } = collectEdges(adjacency);
  const starts = [...parents].filter(([, above]) => above.length === 0).map(([node]) => node);
  const [start] = starts;
  if (start === undefined || starts.length > 1) {
    const detail = children.size === 0 ? 'the dag is empty' : `start nodes: ${list(starts) || 'none'}`;
    return refuse('DAG should have only one start node', detail);
  }
  const nodes = sortTopologically(children, parents, start);
  if (nodes.length !== children.size) {
    const sorted = new Set(nodes);
    const stuck = [...children.keys()].filter((node) => !sorted.has(node));
    refuse('Not a valid DAG', `there is a cycle among ${list(stuck)}`);
  }
  return { nodes, start, leaves: nodes.filter((node) => children.get(node)?.length === 0), children, parents };
}
