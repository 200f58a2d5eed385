import type { WorkflowsPage } from '@torchweave/dashboard-contract';
import { useCallback, useEffect, useState } from 'react';
import { ask, pageApi } from '../../api/ask.js';
import type { Fault } from '../../api/fault.js';
import { noRows, pagesFor, pageSize, withPage, type Rows } from './row-pages.js';

/** ms between looks at the figures of the rows in sight. */
const refreshMs = 3_000;

interface Known {
  readonly query: string;
  readonly rows: Rows;
  readonly fault?: Fault;
  readonly isLoaded: boolean;
}

/** Rows `first` to `last` of a list, and those known around them; figures in sight stay fresh. */
export function useRows(query: string, first: number, last: number) {
  const [known, setKnown] = useState<Known>({ query, rows: noRows, isLoaded: false });
  const [round, setRound] = useState(0);
  const wanted = pagesFor(first, last).join();
  useEffect(() => {
    const abort = new AbortController();
    const load = (): void => {
      for (const page of wanted.split(',').map(Number)) {
        ask<WorkflowsPage>(`${pageApi}workflows?${query}&offset=${page * pageSize}&limit=${pageSize}`, {
          signal: abort.signal,
        }).then(
          (outcome) => setKnown((before) => afterPage(before, query, page, outcome)),
          () => undefined,
        );
      }
    };
    load();
    const timer = setInterval(() => {
      if (!document.hidden) load();
    }, refreshMs);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [query, wanted, round]);
  /** Takes the order as it is now. */
  const renew = useCallback(() => {
    setKnown((before) => ({ ...before, rows: { ...noRows, matched: before.rows.matched, total: before.rows.total } }));
    setRound((before) => before + 1);
  }, []);
  // What was searched before stays in sight until the first answer to the new query.
  return { ...known, isOfQuery: known.query === query, renew };
}

function afterPage(
  before: Known,
  query: string,
  page: number,
  outcome: { value: WorkflowsPage } | { fault: Fault },
): Known {
  const rows = before.query === query ? before.rows : noRows;
  if ('fault' in outcome) return { query, rows, fault: outcome.fault, isLoaded: before.isLoaded };
  return { query, rows: withPage(rows, page, outcome.value), isLoaded: true };
}
