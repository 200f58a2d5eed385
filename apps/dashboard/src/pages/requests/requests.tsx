import type { KeptRequest, KeptRequestsPage } from '@torchweave/dashboard-contract';
import { useLoad } from '../../api/use-load.js';
import { Empty, FaultBlock, Loading, Scrolled } from '../../components/blocks.js';
import { Ago, Identifier, Name } from '../../components/text.js';
import { duration } from '../../format/units.js';
import { hrefTo } from '../../routing/route.js';
import { changeQuery, Link, useQuery } from '../../routing/router.js';
import { OutcomeWord } from './outcome.js';

const outcomes: readonly KeptRequest['outcome'][] = ['failed', 'client_error', 'cancelled', 'ok'];
const why: Readonly<Record<KeptRequest['why'], string>> = {
  slow: 'slow',
  failed: 'failed',
  sampled: 'sample',
  asked: 'asked for',
};

/** Requests that were kept: slow ones, failed ones, and a sample. */
export function Requests() {
  const query = useQuery();
  const [workflow, outcome, search] = ['workflow', 'outcome', 'search'].map((name) => query.get(name) ?? '');
  const asked = new URLSearchParams({ limit: '100' });
  for (const [name, value] of Object.entries({ workflow, outcome, search }))
    if (value !== undefined && value !== '') asked.set(name, value);
  const { value, fault, reload } = useLoad<KeptRequestsPage>(`requests?${asked.toString()}`);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Requests</h1>
        <button type="button" onClick={reload}>
          Look again
        </button>
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label="Request id"
          placeholder="x-request-id"
          value={search}
          onChange={({ target }) => changeQuery({ search: target.value })}
        />
        <input
          type="search"
          aria-label="Of the workflow"
          placeholder="Of a workflow"
          value={workflow}
          onChange={({ target }) => changeQuery({ workflow: target.value })}
        />
        <select aria-label="Outcome" value={outcome} onChange={({ target }) => changeQuery({ outcome: target.value })}>
          <option value="">Any outcome</option>
          {outcomes.map((each) => (
            <option key={each} value={each}>
              {each.replace('_', ' ')}
            </option>
          ))}
        </select>
      </form>
      {value !== undefined ? (
        <Rows rows={value.rows} />
      ) : fault === undefined ? (
        <Loading what="requests" />
      ) : (
        <FaultBlock fault={fault} what="requests" onRetry={reload} />
      )}
    </div>
  );
}

function Rows({ rows }: KeptRequestsPage) {
  if (rows.length === 0)
    return (
      <Empty title="No kept request is like that">
        <p>
          Slow and failed ones are kept for a while, and a sample of the others. A request with the header{' '}
          <code>x-torchweave-keep: 1</code> is kept with its bodies.
        </p>
      </Empty>
    );
  return (
    <Scrolled label="Requests">
      <table>
        <thead>
          <tr>
            <th scope="col">Request</th>
            <th scope="col">Workflow</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="figure">
              Took
            </th>
            <th scope="col">Kept as</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Link href={hrefTo('requests', row.id)}>
                  <Identifier text={row.id} most={26} />
                </Link>
              </th>
              <td>
                <Link href={hrefTo('workflows', row.workflow)}>
                  <Name text={row.workflow} most={28} />
                </Link>{' '}
                <span className="quiet">v{row.version}</span>
              </td>
              <td>
                <OutcomeWord outcome={row.outcome} status={row.status} />
              </td>
              <td className="figure">{duration(row.durationMs)}</td>
              <td>{why[row.why]}</td>
              <td>
                <Ago at={row.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
