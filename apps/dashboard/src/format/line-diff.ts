/** A line of two texts laid beside one another. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Cells of the table that compares; beyond, only what begins and ends alike is found. */
const mostCells = 4_000_000;

/** The lines of `after`, with what `before` had in their place. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, young] = [before.split('\n'), after.split('\n')];
  let head = 0;
  while (head < old.length && head < young.length && old[head] === young[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail += 1;
  const same = (text: string): DiffLine => ({ kind: 'same', text });
  return [
    ...young.slice(0, head).map(same),
    ...changes(old.slice(head, old.length - tail), young.slice(head, young.length - tail)),
    ...young.slice(young.length - tail).map(same),
  ];
}

function changes(old: readonly string[], young: readonly string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  if ((old.length + 1) * (young.length + 1) > mostCells) return [...old.map(removed), ...young.map(added)];
  const width = young.length + 1;
  const longest = longestCommon(old, young, width);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < young.length) {
    if (old[i] === young[j]) {
      lines.push({ kind: 'same', text: young[j] ?? '' });
      [i, j] = [i + 1, j + 1];
    } else if ((longest[(i + 1) * width + j] ?? 0) >= (longest[i * width + j + 1] ?? 0))
      lines.push(removed(old[i++] ?? ''));
    else lines.push(added(young[j++] ?? ''));
  }
  return [...lines, ...old.slice(i).map(removed), ...young.slice(j).map(added)];
}

/** For each pair of places, how many lines the rests have in common. */
function longestCommon(old: readonly string[], young: readonly string[], width: number): Uint32Array {
  const table = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = young.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        old[i] === young[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  return table;
}
