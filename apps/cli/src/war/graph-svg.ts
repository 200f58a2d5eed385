import type { NodeKind } from '@torchweave/domain';
import type { Graph } from './graph.js';
import { boxHeight, layOut, type PlacedEdge, type PlacedNode } from './layout.js';

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
};

/** What XML cannot hold at all is left out. */
const escapeXml = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[<>&"']/g, (char) => entities[char] ?? '');

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Radius of the corners by which a kind is known in print, too. */
const corners: Readonly<Record<NodeKind, number>> = { model: 6, function: boxHeight / 2 };

const style = `
    text { font: 14px system-ui, sans-serif; text-anchor: middle; fill: #1f2328; }
    .url { font-size: 11px; fill: #59636e; }
    .box { stroke-width: 1.5; }
    .model { fill: #ddf4ff; stroke: #0969da; }
    .function { fill: #fff8c5; stroke: #9a6700; }
    .edge { fill: none; stroke: #59636e; stroke-width: 1.5; }
    .tip { fill: #59636e; }`;

function drawNode({ node, x, y, width }: PlacedNode): string {
  const { name, kind, url } = node;
  const box =
    `<rect class="box ${kind}" x="${round(x - width / 2)}" y="${round(y - boxHeight / 2)}" ` +
    `width="${round(width)}" height="${boxHeight}" rx="${corners[kind]}"/>`;
  const label = (text: string, at: number, className = ''): string =>
    `<text x="${round(x)}" y="${round(at)}"${className}>${escapeXml(text)}</text>`;
  const labels = url === undefined ? label(name, y + 5) : label(name, y - 2) + label(url, y + 14, ' class="url"');
  return `  <g><title>${escapeXml(`${kind} ${name}`)}</title>${box}${labels}</g>`;
}

/** A curve that leaves and enters upright. */
function drawEdge({ from, to, points }: PlacedEdge): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let [at, path] = [first, `M${round(first.x)} ${round(first.y)}`];
  for (const next of rest) {
    const middle = round((at.y + next.y) / 2);
    path += ` C${round(at.x)} ${middle} ${round(next.x)} ${middle} ${round(next.x)} ${round(next.y)}`;
    at = next;
  }
  return `  <path class="edge" marker-end="url(#tip)" d="${path}"><title>${escapeXml(`${from} -> ${to}`)}</title></path>`;
}

/** The graph as an SVG picture that needs nothing else. */
export function graphAsSvg(graph: Graph): string {
  const { width, height, nodes, edges } = layOut(graph);
  const size = `width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${size}>`,
    `  <title>${escapeXml(`Workflow ${graph.name}`)}</title>`,
    `  <style>${style}\n  </style>`,
    '  <defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">' +
      '<path class="tip" d="M0 0 L8 4 L0 8 Z"/></marker></defs>',
    '  <rect width="100%" height="100%" fill="#ffffff"/>',
    ...edges.map(drawEdge),
    ...nodes.map(drawNode),
    '</svg>',
  ].join('\n');
}
