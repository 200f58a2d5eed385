import type { AuditPage, AuditRow } from '@torchweave/dashboard-contract';
import { useLoad } from '../api/use-load.js';
import { Empty, FaultBlock, Loading, Scrolled } from '../components/blocks.js';
import { Ago, Name } from '../components/text.js';
import { changeQuery, useQuery } from '../routing/router.js';

const pageSize = 100;

/** Who changed what, when, from where, and what came of it. */
export function Audit() {
  const query = useQuery();
  const offset = Number(query.get('offset')) || 0;
  const kind = query.get('kind') === 'refused' ? 'refused' : 'change';
  const { value, fault, reload } = useLoad<AuditPage>(`audit?kind=${kind}&offset=${offset}&limit=${pageSize}`);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Audit</h1>
        <button type="button" onClick={reload}>
          Look again
        </button>
      </div>
      <p className="filters">
        <select
          aria-label="What is shown"
          value={kind}
          onChange={({ target }) => changeQuery({ kind: target.value, offset: '' })}
        >
          <option value="change">What was changed</option>
          <option value="refused">Who was not let in</option>
        </select>
      </p>
      {value === undefined ? (
        fault === undefined ? (
          <Loading what="the audit" />
        ) : (
          <FaultBlock fault={fault} what="the audit" onRetry={reload} />
        )
      ) : (
        <Rows rows={value.rows} kind={kind} />
      )}
      {offset > 0 || value?.rows.length === pageSize ? (
        <p className="pager">
          <button
            type="button"
            disabled={offset === 0}
            onClick={() => changeQuery({ offset: String(Math.max(0, offset - pageSize)) })}
          >
            Newer
          </button>
          <button
            type="button"
            disabled={(value?.rows.length ?? 0) < pageSize}
            onClick={() => changeQuery({ offset: String(offset + pageSize) })}
          >
            Older
          </button>
        </p>
      ) : null}
    </div>
  );
}

function Rows({ rows, kind }: { rows: readonly AuditRow[]; kind: 'change' | 'refused' }) {
  if (rows.length === 0)
    return kind === 'refused' ? (
      <Empty title="Nobody was refused">
        <p>Requests without a key, with a wrong one, or with one whose right is too small stand here.</p>
      </Empty>
    ) : (
      <Empty title="Nothing has been changed">
        <p>Registrations, updates, removals and other changes stand here, with who made them.</p>
      </Empty>
    );
  return (
    <Scrolled label="Audit">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Did</th>
            <th scope="col">To</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, who, from, act, subject, outcome }, place) => (
            <tr key={`${at} ${place}`}>
              <td>
                <Ago at={at} />
              </td>
              <th scope="row">
                <Name text={who} most={24} />
              </th>
              <td className="quiet">
                <Name text={from} most={24} />
              </td>
              <td>{act}</td>
              <td>
                <Name text={subject} most={40} />
              </td>
              <td>{outcome}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
