import type { Graph, GraphNode } from './graph.js';

/** The middle of a box, in pixels. */
export interface PlacedNode {
  readonly node: GraphNode;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The points that an edge goes through, from the lower rim of one box to the upper rim of another. */
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

export const boxHeight = 44;
const gap = { x: 32, y: 56 };
const margin = 16;
const characterWidth = { name: 8, url: 6 };
const waypointWidth = 8;
/** Passes of sorting; more change next to nothing. */
const sweeps = 4;

/** A box, or the place where a long edge passes a level. */
interface Cell {
  readonly key: string;
  readonly level: number;
  readonly width: number;
  readonly neighbours: Cell[];
}

const widthOf = ({ name, url = '' }: GraphNode): number =>
  Math.max(72, name.length * characterWidth.name + 24, url.length * characterWidth.url + 24);

const cellOf = (key: string, level: number, width: number): Cell => ({ key, level, width, neighbours: [] });

function connect(a: Cell, b: Cell): void {
  a.neighbours.push(b);
  b.neighbours.push(a);
}

/** Puts each cell near the middle of its neighbours one level away, level by level, down and up (Sugiyama's method). */
function untangle(levels: Cell[][]): void {
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isDown = sweep % 2 === 0;
    const places = new Map(levels.flatMap((cells) => cells.map((cell, at) => [cell, at + 0.5 - cells.length / 2])));
    for (const cells of isDown ? levels : levels.toReversed()) {
      const wish = (cell: Cell): number => {
        const near = cell.neighbours.filter(({ level }) => (isDown ? level < cell.level : level > cell.level));
        if (near.length === 0) return places.get(cell) ?? 0;
        return near.reduce((total, other) => total + (places.get(other) ?? 0), 0) / near.length;
      };
      cells.sort((a, b) => wish(a) - wish(b));
      cells.forEach((cell, at) => places.set(cell, at + 0.5 - cells.length / 2));
    }
  }
}

/** Lays a graph out in levels, top down; edges that pass a level have a place of their own in it. */
export function layOut({ nodes }: Graph): Layout {
  const boxes = new Map(nodes.map((node) => [node.name, cellOf(node.name, node.level, widthOf(node))]));
  const levels: Cell[][] = [];
  const add = (cell: Cell): Cell => {
    (levels[cell.level] ??= []).push(cell);
    return cell;
  };
  for (const cell of boxes.values()) add(cell);
  const ways: { from: string; to: string; cells: Cell[] }[] = [];
  for (const { name, children } of nodes) {
    for (const child of children) {
      const [from, to] = [boxes.get(name), boxes.get(child)];
      if (from === undefined || to === undefined) continue;
      const cells = [from];
      for (let level = from.level + 1; level < to.level; level += 1) {
        cells.push(add(cellOf(`${name} ${child} ${level}`, level, waypointWidth)));
      }
      cells.push(to);
      cells.slice(1).forEach((cell, at) => connect(cells[at] ?? from, cell));
      ways.push({ from: name, to: child, cells });
    }
  }
  untangle(levels);
  return place(nodes, boxes, levels, ways);
}

function place(
  nodes: readonly GraphNode[],
  boxes: ReadonlyMap<string, Cell>,
  levels: readonly Cell[][],
  ways: readonly { from: string; to: string; cells: Cell[] }[],
): Layout {
  const widths = levels.map((cells) => cells.reduce((total, cell) => total + cell.width + gap.x, -gap.x));
  const width = Math.max(...widths) + 2 * margin;
  const middles = new Map<Cell, { x: number; y: number }>();
  levels.forEach((cells, level) => {
    let x = (width - (widths[level] ?? 0)) / 2;
    const y = margin + boxHeight / 2 + level * (boxHeight + gap.y);
    for (const cell of cells) {
      middles.set(cell, { x: x + cell.width / 2, y });
      x += cell.width + gap.x;
    }
  });
  const middleOf = (cell: Cell | undefined): { x: number; y: number } =>
    (cell === undefined ? undefined : middles.get(cell)) ?? { x: 0, y: 0 };
  const edges = ways.map(({ from, to, cells }) => ({
    from,
    to,
    points: cells.flatMap((cell, at) => {
      const { x, y } = middleOf(cell);
      // Upright past the boxes of a level, so that no curve cuts their corners.
      const [upper, lower] = [
        { x, y: y - boxHeight / 2 },
        { x, y: y + boxHeight / 2 },
      ];
      return at === 0 ? [lower] : at === cells.length - 1 ? [upper] : [upper, lower];
    }),
  }));
  return {
    width,
    height: 2 * margin + levels.length * boxHeight + (levels.length - 1) * gap.y,
    nodes: nodes.map((node) => {
      const cell = boxes.get(node.name);
      return { node, ...middleOf(cell), width: cell?.width ?? 0 };
    }),
    edges,
  };
}
