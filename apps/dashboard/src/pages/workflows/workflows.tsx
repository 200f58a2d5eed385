import { useEffect, useRef, useState, type RefObject } from 'react';
import { Empty, FaultBlock, Loading } from '../../components/blocks.js';
import { count } from '../../format/units.js';
import { statesByRank } from '../../health/states.js';
import { changeQuery, useQuery } from '../../routing/router.js';
import { Register } from '../../acts/register.js';
import { rowAt } from './row-pages.js';
import { useRows } from './use-rows.js';
import { columns, WorkflowRowView } from './workflow-row.js';

const rowHeight = 36;
const beyond = 12;

/** Every workflow: found by name, narrowed by state, sorted by any column; only rows in sight are drawn. */
export function Workflows() {
  const query = useQuery();
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last } = useRowsInSight(scroller);
  const asked = apiQuery(query);
  const { rows, fault, isLoaded, renew } = useRows(asked, first, last);
  useEffect(() => {
    // What it answers is a promise in newer browsers, and no clean-up.
    void scroller.current?.scrollTo(0, 0);
  }, [asked]);
  return (
    <div className="page workflows">
      <div className="page-head">
        <h1>Workflows</h1>
        <p className="quiet" role="status">
          {isLoaded ? matchedWords(rows.matched, rows.total) : ''}
        </p>
        {rows.hasNewOrder ? (
          <button type="button" onClick={renew}>
            The order has changed: show it
          </button>
        ) : null}
        <Register />
      </div>
      <Filters query={query} />
      {fault !== undefined && !isLoaded ? <FaultBlock fault={fault} what="workflows" onRetry={renew} /> : null}
      {!isLoaded && fault === undefined ? <Loading what="workflows" /> : null}
      <div
        className="rows-scroller"
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="Workflows, scrollable"
        hidden={!isLoaded}
      >
        <table className="rows" aria-rowcount={rows.matched + 1}>
          <Head query={query} />
          <tbody>
            <Gap height={Math.min(first, rows.matched) * rowHeight} />
            {placesFrom(first, Math.min(last, rows.matched - 1)).map((place) => (
              <WorkflowRowView key={place} place={place} row={rowAt(rows, place)} />
            ))}
            <Gap height={Math.max(0, rows.matched - 1 - last) * rowHeight} />
          </tbody>
        </table>
        {isLoaded && rows.matched === 0 ? <NoRows isSearch={rows.total > 0} /> : null}
      </div>
    </div>
  );
}

const matchedWords = (matched: number, total: number): string =>
  matched === total ? `${count(total)} registered` : `${count(matched)} of ${count(total)}`;

const placesFrom = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);

function Gap({ height }: { height: number }) {
  return height === 0 ? null : (
    <tr className="gap" aria-hidden="true">
      <td colSpan={columns.length} style={{ height }} />
    </tr>
  );
}

function NoRows({ isSearch }: { isSearch: boolean }) {
  if (isSearch)
    return (
      <Empty title="No workflow is like that">
        <p>Search for less, or in another state.</p>
      </Empty>
    );
  return (
    <Empty title="No workflow is registered">
      <p>Register an archive with the button above, or by the command:</p>
      <p>
        <code>torchweave workflow register ./digits.war</code>
      </p>
    </Empty>
  );
}

function apiQuery(query: URLSearchParams): string {
  const asked = new URLSearchParams();
  for (const name of ['search', 'state', 'sort', 'order']) {
    const value = query.get(name);
    if (value !== null) asked.set(name, value);
  }
  return asked.toString();
}

function Filters({ query }: { query: URLSearchParams }) {
  const state = query.get('state') ?? '';
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        aria-label="Search workflows by name"
        placeholder="Search by name"
        value={query.get('search') ?? ''}
        onChange={(event) => changeQuery({ search: event.target.value })}
      />
      <select aria-label="State" value={state} onChange={(event) => changeQuery({ state: event.target.value })}>
        <option value="">Any state</option>
        {statesByRank.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </form>
  );
}

function Head({ query }: { query: URLSearchParams }) {
  const sort = query.get('sort') ?? 'name';
  const order = query.get('order') ?? 'asc';
  const next = (key: string): string => (sort === key && order === 'asc' ? 'desc' : 'asc');
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map(({ key, title, className }) => (
          <th
            key={key}
            scope="col"
            className={className}
            aria-sort={key === sort ? (order === 'asc' ? 'ascending' : 'descending') : undefined}
          >
            {key === 'version' ? (
              title
            ) : (
              <button
                type="button"
                onClick={() =>
                  changeQuery({
                    sort: key,
                    order: sort === key ? next(key) : key === 'name' || key === 'state' ? 'asc' : 'desc',
                  })
                }
              >
                {title}
                <span aria-hidden="true">{key === sort ? (order === 'asc' ? ' ↑' : ' ↓') : ''}</span>
              </button>
            )}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** Which rows the scrolled window shows, with some beyond its edges. */
function useRowsInSight(scroller: RefObject<HTMLDivElement | null>): { first: number; last: number } {
  const [range, setRange] = useState({ first: 0, last: 40 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void => {
      const top = Math.floor(element.scrollTop / rowHeight);
      // In steps, so that a pixel of scrolling draws nothing anew.
      const first = Math.max(0, top - (top % beyond) - beyond);
      const last = first + Math.ceil(element.clientHeight / rowHeight) + beyond * 3;
      setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [scroller]);
  return range;
}
