const longest = 64;

/** The one of some words that a misspelt one was probably meant to be; undefined where none is near. */
export function closestWord(given: string, words: readonly string[]): string | undefined {
  if (given.length > longest) return undefined;
  const spelled = plain(given);
  const [best] = words
    .map((word) => ({ word, distance: distanceBetween(spelled, plain(word)) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(1, Math.floor(spelled.length / 5)) ? best.word : undefined;
}

const plain = (word: string): string => word.toLowerCase().replace(/[-. ]/g, '_');

/** Levenshtein's distance. */
function distanceBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
