/** ` Did you mean min-workers?` for `minWorkers`, `min_workers` and `MIN-WORKERS`; nothing where no known key is like it. */
export function suggest(key: string, known: readonly string[]): string {
  const plain = (text: string): string => text.replace(/[^a-z0-9]/gi, '').toLowerCase();
  const spelled = plain(key);
  const found = known.find((candidate) => [plain(candidate), plain(candidate).replace(/s$/, '')].includes(spelled));
  return found === undefined ? '' : ` Did you mean ${found}?`;
}
