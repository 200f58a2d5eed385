/**
 * An error is kept in Redis for a day and travels through logs and answers, and its data may come from anybody: a client, an
 * archive, a model server. These are the most that any of it may be, whatever its code.
 */
export const dataLimits = {
  /** Characters of one text; a model server's own words are as long at most. */
  text: 2_000,
  /** Items of one list. */
  items: 100,
  /** Characters of all texts together. */
  total: 16_384,
} as const;

/** Cuts a text, and shows that it is cut. */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, Math.max(0, most - 1));
  // Half a character would come out of the first encoder as another one.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

class Budget {
  private left: number = dataLimits.total;

  get isSpent(): boolean {
    return this.left <= 0;
  }

  text(value: string): string {
    const kept = shorten(value, Math.min(dataLimits.text, Math.max(1, this.left)));
    this.left -= kept.length;
    return kept;
  }

  /** What does not fit any more at the end of a list is left out. */
  list(values: readonly unknown[]): unknown[] {
    const kept: unknown[] = [];
    for (const value of values.slice(0, dataLimits.items)) {
      if (this.isSpent) break;
      kept.push(this.value(value));
    }
    return kept;
  }

  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return this.list(value);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, this.value(inner)]));
  }
}

/** The data of an error within {@link dataLimits}; what is within them stays as it is. */
export function boundData<Data extends object>(data: Data): Data {
  return new Budget().value(data) as Data;
}
