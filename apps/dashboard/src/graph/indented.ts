import type { Edge } from './layout.js';

/** A node in the list of a graph: how deep it stands, and what flows into it. */
export interface Indented {
  readonly name: string;
  readonly depth: number;
  readonly parents: readonly string[];
}

/** A graph as a list: each node after all that flows into it, as deep as its longest way from a root. */
export function indented(names: readonly string[], edges: readonly Edge[]): Indented[] {
  const known = new Set(names);
  const inner = edges.filter(([from, to]) => known.has(from) && known.has(to));
  const parentsOf = (name: string): string[] => inner.filter(([, to]) => to === name).map(([from]) => from);
  const depths = new Map<string, number>();
  let open = [...names];
  while (open.length > 0) {
    const ready = open.filter((name) => parentsOf(name).every((parent) => depths.has(parent)));
    // A circle is no workflow; whoever sends one sees its nodes all the same.
    const next = ready.length > 0 ? ready : open.slice(0, 1);
    for (const name of next)
      depths.set(name, Math.max(-1, ...parentsOf(name).map((parent) => depths.get(parent) ?? -1)) + 1);
    open = open.filter((name) => !depths.has(name));
  }
  return [...depths].map(([name, depth]) => ({ name, depth, parents: parentsOf(name) }));
}
