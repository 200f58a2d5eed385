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

const byName: Order = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

const orders: Readonly<Record<TableQuery['sort'], Order>> = {
  name: byName,
  state: (a, b) => byState(a.health.state, b.health.state),
  rps: (a, b) => a.live.requestsPerSecond - b.live.requestsPerSecond,
  errors: (a, b) => a.live.errorRate - b.live.errorRate,
  p99: (a, b) => (a.live.p99Ms ?? 0) - (b.live.p99Ms ?? 0),
  age: (a, b) => (a.registeredAt > b.registeredAt ? -1 : a.registeredAt < b.registeredAt ? 1 : 0),
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
