import type { OperationRow, OperationsPage } from '@torchweave/dashboard-contract';
import { useEffect, useState, type ReactNode } from 'react';
import { pageApi, send } from '../api/ask.js';
import { useLoad } from '../api/use-load.js';
import { ActButton } from '../acts/act-button.js';
import { Dialog } from '../acts/act-dialog.js';
import { Empty, FaultBlock, Loading, Scrolled } from '../components/blocks.js';
import { Ago, Name } from '../components/text.js';
import { duration } from '../format/units.js';
import { useLive } from '../live/live-context.js';
import { useNow } from '../live/use-now.js';
import { OperationDetails, OperationState } from '../operations/operation-details.js';
import { isUnderWay, operationMs, operationTitle } from '../operations/operation-words.js';
import { base, hrefTo } from '../routing/route.js';
import { changeQuery, Link, navigate, useQuery } from '../routing/router.js';

const pageSize = 50;
const states: readonly OperationRow['state'][] = ['failed', 'running', 'waiting', 'succeeded'];

/** What has been done, newest first. */
export function Operations() {
  const query = useQuery();
  const [workflow, state] = [query.get('workflow') ?? '', query.get('state') ?? ''];
  return (
    <div className="page">
      <div className="page-head">
        <h1>Operations</h1>
      </div>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label="Of the workflow"
          placeholder="Of a workflow"
          value={workflow}
          onChange={({ target }) => changeQuery({ workflow: target.value, offset: undefined })}
        />
        <select
          aria-label="State"
          value={state}
          onChange={({ target }) => changeQuery({ state: target.value, offset: undefined })}
        >
          <option value="">Any state</option>
          {states.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </form>
      <OperationTable workflow={workflow} state={state} offset={Number(query.get('offset') ?? 0) || 0} />
    </div>
  );
}

/** Operations of a workflow (of all when ''), each change in its place; new ones wait until one asks for them. */
export function OperationTable({
  workflow,
  state = '',
  offset = 0,
}: {
  workflow: string;
  state?: string;
  offset?: number;
}) {
  const asked = new URLSearchParams({
    ...(workflow === '' ? {} : { workflow }),
    ...(state === '' ? {} : { state }),
    offset: String(offset),
    limit: String(pageSize),
  });
  const { value, fault, reload } = useLoad<OperationsPage>(`operations?${asked.toString()}`);
  const { operations } = useLive();
  if (value === undefined)
    return fault === undefined ? (
      <Loading what="operations" />
    ) : (
      <FaultBlock fault={fault} what="operations" onRetry={reload} />
    );
  const known = new Set(value.rows.map(({ id }) => id));
  const newest = value.rows[0]?.createdAt ?? '';
  const fresh =
    offset > 0
      ? []
      : operations.filter(
          (row) =>
            !known.has(row.id) &&
            row.createdAt >= newest &&
            (workflow === '' || row.workflow === workflow) &&
            (state === '' || row.state === state),
        );
  const rows = value.rows.map((row) => operations.find(({ id }) => id === row.id) ?? row);
  return (
    <>
      {fresh.length === 0 ? null : (
        <button type="button" className="fresh" onClick={reload}>
          {fresh.length} new: show {fresh.length === 1 ? 'it' : 'them'}
        </button>
      )}
      {rows.length === 0 ? (
        <Empty title="No operation is like that">
          <p>Registrations, updates and removals stand here for a day after their end.</p>
        </Empty>
      ) : (
        <Rows rows={rows} />
      )}
      {value.total > pageSize ? <Pager offset={offset} total={value.total} /> : null}
    </>
  );
}

function Rows({ rows }: { rows: readonly OperationRow[] }) {
  const now = useNow();
  return (
    <Scrolled label="Operations">
      <table className="operations" data-live="">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">State</th>
            <th scope="col">Step</th>
            <th scope="col" className="figure">
              Took
            </th>
            <th scope="col">Begun</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Link href={hrefTo('operations', row.id)}>
                  <Name text={operationTitle(row)} most={40} />
                </Link>
              </th>
              <td>
                <OperationState state={row.state} />
                {row.error === undefined ? null : (
                  <span className="reason one-line" title={row.error.message}>
                    {' '}
                    {row.error.message}
                  </span>
                )}
              </td>
              <td>
                {row.step ?? row.steps.at(-1)?.name ?? '–'}
                {row.attempts > 1 ? <span className="quiet"> attempt {row.attempts}</span> : null}
              </td>
              <td className="figure">{row.startedAt === undefined ? '–' : duration(operationMs(row, now))}</td>
              <td>
                <Ago at={row.createdAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

function Pager({ offset, total }: { offset: number; total: number }) {
  const to = Math.min(total, offset + pageSize);
  return (
    <p className="pager">
      <button
        type="button"
        disabled={offset === 0}
        onClick={() => changeQuery({ offset: String(Math.max(0, offset - pageSize)) })}
      >
        Newer
      </button>
      <span className="quiet">
        {offset + 1} to {to} of {total}
      </span>
      <button type="button" disabled={to >= total} onClick={() => changeQuery({ offset: String(offset + pageSize) })}>
        Older
      </button>
    </p>
  );
}

/** One operation, live. */
export function OperationPage({ id }: { id: string }) {
  const { row, fault, reload } = useOperation(id);
  if (row === undefined)
    return fault === undefined ? (
      <Loading what="the operation" />
    ) : (
      <FaultBlock fault={fault} what="this operation" onRetry={reload} />
    );
  return (
    <div className="page" data-live="">
      <p className="crumbs">
        <Link href={`${base}operations`}>Operations</Link>
      </p>
      <div className="page-head">
        <h1>
          <Name text={operationTitle(row)} most={48} />
        </h1>
        {row.workflow === undefined ? null : <Link href={hrefTo('workflows', row.workflow)}>its workflow</Link>}
        <OperationActs row={row} onDone={reload} />
      </div>
      <OperationDetails row={row} />
    </div>
  );
}

function useOperation(id: string) {
  const { value, fault, reload } = useLoad<OperationRow>(`/operations/${encodeURIComponent(id)}`);
  const { operations } = useLive();
  const streamed = operations.find((row) => row.id === id);
  useEffect(() => {
    if (streamed !== undefined && !isUnderWay(streamed)) reload();
  }, [streamed?.state, reload]);
  return { row: streamed ?? value, fault, reload };
}

function OperationActs({ row, onDone }: { row: OperationRow; onDone: () => void }) {
  if (row.state === 'succeeded') return null;
  if (row.state === 'failed')
    return (
      <ActButton
        dialog={(onClose) => (
          <ConfirmDialog
            title="Run it again"
            verb="Run again"
            path={`${pageApi}operations/${encodeURIComponent(row.id)}/retry`}
            method="POST"
            onClose={onClose}
            onDone={(again) => {
              onClose();
              onDone();
              if (again.id !== undefined && again.id !== row.id) navigate(hrefTo('operations', again.id));
            }}
          >
            <p>It really runs again, from its first step, with what it was asked for: {operationTitle(row)}.</p>
          </ConfirmDialog>
        )}
      >
        Run again…
      </ActButton>
    );
  return (
    <ActButton
      dialog={(onClose) => (
        <ConfirmDialog
          title="Cancel the operation"
          verb="Cancel it"
          path={`/operations/${encodeURIComponent(row.id)}`}
          method="DELETE"
          onClose={onClose}
          onDone={() => {
            onClose();
            onDone();
          }}
        >
          <p>What it has done so far is undone, step by step.</p>
        </ConfirmDialog>
      )}
    >
      Cancel…
    </ActButton>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly verb: string;
  readonly path: string;
  readonly method: 'POST' | 'DELETE';
  readonly onClose: () => void;
  readonly onDone: (answer: { id?: string }) => void;
  readonly children: ReactNode;
}

function ConfirmDialog({ title, verb, path, method, onClose, onDone, children }: ConfirmProps) {
  const [fault, setFault] = useState<string>();
  const act = async (): Promise<void> => {
    const outcome = await send<{ id?: string } | undefined>(path, method);
    if ('value' in outcome) return onDone(outcome.value ?? {});
    setFault(
      outcome.fault.kind === 'missing' || outcome.fault.status === 405
        ? 'This server cannot do that yet.'
        : outcome.fault.message,
    );
  };
  return (
    <Dialog label={title} onClose={onClose}>
      <h2>{title}</h2>
      {children}
      {fault === undefined ? null : (
        <p className="fault-line" role="alert">
          {fault}
        </p>
      )}
      <p className="dialog-buttons">
        <button type="button" onClick={onClose}>
          Leave it
        </button>
        <button type="button" className="primary" onClick={() => void act()}>
          {verb}
        </button>
      </p>
    </Dialog>
  );
}
