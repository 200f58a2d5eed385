import type { WorkflowRow, WorkflowsPage } from '@torchweave/dashboard-contract';

/** Rows that are asked for at once. */
export const pageSize = 100;

/** Rows known so far, by their place in the list. */
export interface Rows {
  readonly matched: number;
  readonly total: number;
  readonly at: string;
  readonly pages: ReadonlyMap<number, readonly WorkflowRow[]>;
  /** The order has changed since it was shown: the rows stay where they are until somebody asks. */
  readonly hasNewOrder: boolean;
}

export const noRows: Rows = { matched: 0, total: 0, at: '', pages: new Map(), hasNewOrder: false };

/** Pages that are needed to show rows `first` to `last`. */
export function pagesFor(first: number, last: number): number[] {
  const from = Math.floor(Math.max(0, first) / pageSize);
  const to = Math.floor(Math.max(0, last) / pageSize);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** Takes a page in. Where the same place has rows already, figures change in place and the order does not. */
export function withPage(rows: Rows, page: number, answer: WorkflowsPage): Rows {
  const known = rows.pages.get(page);
  const { matched, total, at } = answer;
  if (known === undefined) return { ...rows, matched, total, at, pages: new Map(rows.pages).set(page, answer.rows) };
  const fresh = new Map(answer.rows.map((row) => [row.name, row]));
  const isSameOrder =
    known.length === answer.rows.length && known.every(({ name }, place) => answer.rows[place]?.name === name);
  const merged = isSameOrder ? answer.rows : known.map((row) => fresh.get(row.name) ?? row);
  return {
    ...{ matched: isSameOrder ? matched : rows.matched, total, at },
    pages: new Map(rows.pages).set(page, merged),
    hasNewOrder: rows.hasNewOrder || !isSameOrder,
  };
}

/** The row at a place, when it is known. */
export const rowAt = (rows: Rows, place: number): WorkflowRow | undefined =>
  rows.pages.get(Math.floor(place / pageSize))?.[place % pageSize];
