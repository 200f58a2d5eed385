import type { Placed } from './layout.js';

/** The keys that lead from node to node. */
export type ArrowKey = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

const directions: Readonly<Record<ArrowKey, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What is aside counts this much more than what is ahead. */
const asideWeight = 3;

/** The nearest node in the direction of a key; `undefined` where there is none. */
export function neighbour(nodes: readonly Placed[], from: string, key: ArrowKey): string | undefined {
  const here = nodes.find(({ name }) => name === from);
  if (here === undefined) return nodes[0]?.name;
  const [dx, dy] = directions[key];
  const candidates = nodes
    .map(({ name, x, y }) => {
      const ahead = (x - here.x) * dx + (y - here.y) * dy;
      const aside = Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx);
      return { name, ahead, distance: ahead + aside * asideWeight };
    })
    .filter(({ ahead, name }) => ahead > 1 && name !== from);
  return candidates.sort((a, b) => a.distance - b.distance)[0]?.name;
}

export const isArrowKey = (key: string): key is ArrowKey => Object.hasOwn(directions, key);
