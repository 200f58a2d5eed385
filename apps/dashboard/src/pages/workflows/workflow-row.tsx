import type { WorkflowRow } from '@torchweave/dashboard-contract';
import { errorShare, latency, requestRate } from '../../components/live-figures.js';
import { State } from '../../components/state.js';
import { Ago, Name } from '../../components/text.js';
import { hrefTo } from '../../routing/route.js';
import { Link } from '../../routing/router.js';

/** The columns, by the names that the api sorts by. */
export const columns = [
  { key: 'name', title: 'Name', className: 'col-name' },
  { key: 'state', title: 'State', className: 'col-state' },
  { key: 'version', title: 'Version', className: 'col-version figure' },
  { key: 'rps', title: 'Req/s', className: 'col-figure figure' },
  { key: 'errors', title: 'Errors', className: 'col-figure figure' },
  { key: 'p99', title: 'p99', className: 'col-figure figure' },
  { key: 'age', title: 'Registered', className: 'col-age' },
] as const;

/** One workflow, or the room for one that is under way. */
export function WorkflowRowView({ place, row }: { place: number; row: WorkflowRow | undefined }) {
  if (row === undefined)
    return (
      <tr aria-rowindex={place + 2}>
        <td colSpan={columns.length} className="quiet">
          …
        </td>
      </tr>
    );
  const { name, version, health, live, registeredAt } = row;
  return (
    <tr aria-rowindex={place + 2} data-live="">
      <th scope="row" className="col-name">
        <Link href={hrefTo('workflows', name)}>
          <Name text={name} most={44} />
        </Link>
      </th>
      <td className="col-state">
        <State state={health.state} />
        {health.reason === undefined ? null : (
          <span className="reason one-line" title={health.reason}>
            {' '}
            {health.reason}
          </span>
        )}
      </td>
      <td className="col-version figure">v{version}</td>
      <td className="col-figure figure">{requestRate(live)}</td>
      <td className={`col-figure figure ${live.errorRate > 0 ? 'has-errors' : ''}`}>{errorShare(live)}</td>
      <td className="col-figure figure">{latency(live.p99Ms)}</td>
      <td className="col-age">
        <Ago at={registeredAt} />
      </td>
    </tr>
  );
}
