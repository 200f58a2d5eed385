import type { VersionSource, WorkflowView } from '@torchweave/dashboard-contract';
import { useMemo } from 'react';
import { useLoad } from '../../api/use-load.js';
import { VersionActs } from '../../acts/workflow-acts.js';
import { FaultBlock, Loading } from '../../components/blocks.js';
import { lineDiff } from '../../format/line-diff.js';
import { hrefTo } from '../../routing/route.js';
import { changeQuery, Link, useQuery } from '../../routing/router.js';

/** What a version has changed: its spec and handler beside those of the one before, or of any other. */
export function VersionDiff({ workflow, version }: { workflow: WorkflowView; version: number }) {
  const others = workflow.versions
    .map((each) => each.version)
    .filter((each) => each !== version)
    .sort((a, b) => b - a);
  const against = Number(useQuery().get('against')) || others.find((each) => each < version) || others[0];
  const view = workflow.versions.find((each) => each.version === version);
  return (
    <div className="version-diff">
      <p className="diff-head">
        <b>Version {version}</b>
        {against === undefined ? (
          ' is the only one.'
        ) : (
          <label>
            {' '}
            beside{' '}
            <select value={against} onChange={({ target }) => changeQuery({ against: target.value })}>
              {others.map((each) => (
                <option key={each} value={each}>
                  version {each}
                </option>
              ))}
            </select>
          </label>
        )}
        <Link href={hrefTo('workflows', workflow.name, 'versions')}>All versions</Link>
        {view === undefined ? null : <VersionActs name={workflow.name} version={view} />}
      </p>
      <Sources name={workflow.name} version={version} against={against} />
    </div>
  );
}

function Sources({ name, version, against }: { name: string; version: number; against: number | undefined }) {
  const path = (of: number): string => `workflows/${encodeURIComponent(name)}/versions/${of}/source`;
  const young = useLoad<VersionSource>(path(version));
  const old = useLoad<VersionSource>(path(against ?? version));
  if (young.fault !== undefined)
    return <FaultBlock fault={young.fault} what={`the source of version ${version}`} onRetry={young.reload} />;
  if (old.fault !== undefined)
    return <FaultBlock fault={old.fault} what={`the source of version ${against ?? version}`} onRetry={old.reload} />;
  if (young.value === undefined || old.value === undefined) return <Loading what="both versions" />;
  return (
    <>
      <Diff title="Spec" before={old.value.spec} after={young.value.spec} />
      <Diff title="Handler" before={old.value.handler ?? ''} after={young.value.handler ?? ''} />
    </>
  );
}

const signs = { same: ' ', added: '+', removed: '−' } as const;
const words = { same: '', added: 'added: ', removed: 'removed: ' } as const;

function Diff({ title, before, after }: { title: string; before: string; after: string }) {
  const lines = useMemo(() => lineDiff(before, after), [before, after]);
  const changed = lines.filter(({ kind }) => kind !== 'same').length;
  if (before === '' && after === '') return null;
  return (
    <section>
      <h3>
        {title} <span className="quiet">{changed === 0 ? 'has not changed' : `${changed} lines differ`}</span>
      </h3>
      <pre className="diff" tabIndex={0} aria-label={`${title}, line by line`}>
        {lines.map(({ kind, text }, at) => (
          <span key={at} className={`diff-${kind}`}>
            <span aria-hidden="true">{signs[kind]} </span>
            <span className="for-readers">{words[kind]}</span>
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
    </section>
  );
}
