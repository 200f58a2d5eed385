import { byState, type ConditionState } from './condition.js';
import type { ObservedRow } from './observed.js';

/** What of all workflows is asked for. */
export interface TableQuery {
  /** A part of the name, in any case. */
  readonly search?: string | undefined;
  readonly state?: ConditionState | undefined;
  readonly sort: 'name' | 'state' | 'age' | 'rps' | 'errors' | 'p99';
  readonly isDescending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export interface TablePage {
  readonly total: number;
  readonly matched: number;
  readonly rows: readonly ObservedRow[];
}

type Order = (a: ObservedRow, b: ObservedRow) => number;

/** Of figures that no gateway tells, none is more than another. */
const unknown: Order = () => 0;

const byName: Order = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const orders: Readonly<Record<TableQuery['sort'], Order>> = {
  name: byName,
  state: (a, b) => byState(a.health.state, b.health.state),
  age: (a, b) => (a.registeredAt > b.registeredAt ? -1 : a.registeredAt < b.registeredAt ? 1 : 0),
  rps: unknown,
  errors: unknown,
  p99: unknown,
};

/** A page of the rows that are asked for; what is equal is ordered by name. */
export function pageOf(rows: readonly ObservedRow[], query: TableQuery): TablePage {
  const { search = '', state, sort, isDescending, offset, limit } = query;
  const text = search.toLowerCase();
  const matched = rows.filter(
    ({ name, health }) => (state === undefined || health.state === state) && name.toLowerCase().includes(text),
  );
  const sign = isDescending ? -1 : 1;
  matched.sort((a, b) => sign * orders[sort](a, b) || byName(a, b));
  return { total: rows.length, matched: matched.length, rows: matched.slice(offset, offset + limit) };
}
