import type { KeptRequestAnswer } from '../client/kept-request-answer.js';

type Span = KeptRequestAnswer['spans'][number];

/** Characters of a line, and of the columns before the bars. */
const width = 80;
const longestName = 22;
const outcomeWidth = 9;
const figureWidth = 9;

/** A duration as wide as a column: `12.3 ms`, `1.25 s`. */
export function durationText(ms: number): string {
  if (ms >= 100_000) return `${Math.round(ms / 1_000)} s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** The whole where there is room, else its two ends: names differ at either. */
function nameText({ node, attempt }: Span): string {
  const more = attempt > 1 ? ` #${attempt}` : '';
  const room = longestName - more.length;
  if (node.length <= room) return node + more;
  const end = Math.floor((room - 1) / 2);
  return `${node.slice(0, room - 1 - end)}…${node.slice(node.length - end)}${more}`;
}

/** Where waiting and running begin and end, as characters: at least one of what there was. */
function barText({ startedMs, waitedMs = 0, durationMs }: Span, totalMs: number, room: number): string {
  const at = (ms: number): number => Math.round((Math.min(ms, totalMs) / totalMs) * room);
  const from = Math.min(room - 1, at(startedMs));
  const began = at(startedMs + Math.min(waitedMs, durationMs));
  const to = Math.max(from + 1, at(startedMs + durationMs));
  const waiting = Math.max(0, Math.min(began, to - 1) - from);
  return `${' '.repeat(from)}${'.'.repeat(waiting)}${'='.repeat(to - from - waiting)}`;
}

/** Each attempt in a line of 80 characters, waiting (`.`) apart from running (`=`), on the time of the request. */
export function waterfallLines({ spans, durationMs }: Pick<KeptRequestAnswer, 'spans' | 'durationMs'>): string[] {
  if (spans.length === 0) return ['No node was reached.'];
  const names = spans.map(nameText);
  const nameWidth = Math.max(4, ...names.map((name) => name.length));
  const row = (name: string, outcome: string, waited: string, ran: string, bar: string): string =>
    [
      name.padEnd(nameWidth),
      outcome.padEnd(outcomeWidth),
      waited.padStart(figureWidth),
      ran.padStart(figureWidth),
      ` ${bar}`,
    ]
      .join(' ')
      .trimEnd();
  const room = width - nameWidth - outcomeWidth - 2 * figureWidth - 5;
  const totalMs = Math.max(0.01, durationMs, ...spans.map((span) => span.startedMs + span.durationMs));
  return [
    row('node', 'outcome', 'waited .', 'ran =', `0 to ${durationText(totalMs)}`),
    ...spans.map((span, at) => {
      const { waitedMs, durationMs: took, outcome } = span;
      const ran = durationText(Math.max(0, took - (waitedMs ?? 0)));
      const waited = waitedMs === undefined ? '' : durationText(waitedMs);
      return row(names[at] ?? '', outcome, waited, ran, barText(span, totalMs, room));
    }),
  ];
}
