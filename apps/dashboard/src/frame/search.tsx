import type { OperationRow, WorkflowsPage } from '@torchweave/dashboard-contract';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import { Dialog } from '../acts/act-dialog.js';
import { ask, pageApi } from '../api/ask.js';
import { Name } from '../components/text.js';
import { Shape } from '../components/state.js';
import { useLive } from '../live/live-context.js';
import { operationTitle } from '../operations/operation-words.js';
import { hrefTo } from '../routing/route.js';
import { navigate } from '../routing/router.js';
import { sidebar } from './sections.js';

interface Hit {
  readonly href: string;
  readonly title: string;
  readonly kind: string;
  readonly state?: string;
}

/** ms of quiet after which what is typed is asked for. */
const quietMs = 120;
const mostHits = 8;
/** Ids are long and have digits: what cannot be one is not asked for. */
const mayBeId = /^(?=.*\d)[\w.:-]{6,128}$/;

/** Finds workflows, nodes, operations, requests and pages. */
export function Search({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useHits(text.trim());
  const id = useId();
  const chosen = Math.min(at, hits.length - 1);
  const go = (hit: Hit | undefined): void => {
    if (hit === undefined) return;
    onClose();
    navigate(hit.href);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') go(hits[chosen]);
    else if (event.key === 'ArrowDown') setAt(Math.min(hits.length - 1, chosen + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog label="Search" className="search" onClose={onClose}>
      <input
        type="search"
        role="combobox"
        aria-label="Search workflows, nodes, operations and request ids"
        placeholder="Workflow, node, operation or request id"
        autoFocus
        aria-expanded={hits.length > 0}
        aria-controls={id}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        value={text}
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          setText(target.value);
          setAt(0);
        }}
      />
      <ul id={id} role="listbox" aria-label="Found">
        {hits.map((hit, place) => (
          <li
            key={hit.href}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === chosen}
            onClick={() => go(hit)}
            onMouseMove={() => setAt(place)}
          >
            {hit.state === undefined ? null : <Shape state={hit.state} />} <Name text={hit.title} most={48} />{' '}
            <span className="quiet">
              {hit.kind}
              {hit.state === undefined ? '' : `, ${hit.state}`}
            </span>
          </li>
        ))}
      </ul>
      {text.trim() !== '' && hits.length === 0 ? (
        <p className="quiet" role="status">
          Nothing is called so.
        </p>
      ) : null}
    </Dialog>
  );
}

function useHits(text: string): readonly Hit[] {
  const [found, setFound] = useState<{ text: string; hits: readonly Hit[] }>({ text: '', hits: [] });
  const { workflow, operations } = useLive();
  useEffect(() => {
    if (text === '') return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      lookFor(text, abort.signal).then(
        (hits) => setFound({ text, hits }),
        () => undefined,
      );
    }, quietMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  const wanted = text.toLowerCase();
  const matches = (name: string): boolean => name.toLowerCase().includes(wanted);
  const pages = sidebar
    .filter(({ title, isApart }) => isApart !== true && matches(title))
    .map(({ title, href }) => ({ title, href, kind: 'page' }));
  if (text === '') return pages;
  const nodes = (workflow?.nodes ?? [])
    .filter(({ name }) => matches(name))
    .map(({ name, health }) => ({
      href: hrefTo('workflows', workflow?.name ?? '', 'nodes', name),
      title: name,
      kind: `node of ${workflow?.name ?? ''}`,
      state: health.state,
    }));
  const known = operations
    .filter(({ id, workflow: of }) => id.startsWith(text) || (of !== undefined && matches(of)))
    .slice(0, 3)
    .map(operationHit);
  const all = [...(found.text === text ? found.hits : []), ...nodes, ...known, ...pages];
  return all.filter(({ href }, place) => all.findIndex((hit) => hit.href === href) === place).slice(0, mostHits + 4);
}

const operationHit = (row: OperationRow): Hit => ({
  href: hrefTo('operations', row.id),
  title: operationTitle(row),
  kind: `operation, ${row.state}`,
});

async function lookFor(text: string, signal: AbortSignal): Promise<Hit[]> {
  const query = new URLSearchParams({ search: text, limit: String(mostHits) });
  const id = encodeURIComponent(text);
  const [workflows, request, operation] = await Promise.all([
    ask<WorkflowsPage>(`${pageApi}workflows?${query.toString()}`, { signal }),
    mayBeId.test(text) ? ask(`${pageApi}requests/${id}`, { signal }) : undefined,
    mayBeId.test(text) ? ask<OperationRow>(`/operations/${id}`, { signal }) : undefined,
  ]);
  return [
    ...('value' in workflows
      ? workflows.value.rows.map(({ name, health }): Hit => ({
          href: hrefTo('workflows', name),
          title: name,
          kind: 'workflow',
          state: health.state,
        }))
      : []),
    ...(request !== undefined && 'value' in request
      ? [{ href: hrefTo('requests', text), title: text, kind: 'request' }]
      : []),
    ...(operation !== undefined && 'value' in operation ? [operationHit(operation.value)] : []),
  ];
}
