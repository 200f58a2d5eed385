import type { VersionView } from '@torchweave/dashboard-contract';
import { useState } from 'react';
import { ActButton } from './act-button.js';
import { ActDialog } from './act-dialog.js';
import { ArchiveFields, type ArchiveChoice } from './archive-fields.js';
import { directing, removingVersion, settingDefault, unregistering, updating } from './call.js';

interface Closing {
  readonly name: string;
  readonly onClose: () => void;
}

/** What can be done to a workflow as a whole. */
export function WorkflowActs({ name, versions }: { name: string; versions: readonly VersionView[] }) {
  const open = versions.filter(({ kept }) => kept === 'active' || kept === 'warm');
  const single =
    open.length < 2
      ? 'One version alone is ready: there is nothing to share out. Update without serving first.'
      : undefined;
  return (
    <span className="acts">
      <ActButton dialog={(onClose) => <UpdateDialog name={name} onClose={onClose} />}>Update…</ActButton>
      <ActButton refused={single} dialog={(onClose) => <TrafficDialog name={name} versions={open} onClose={onClose} />}>
        Traffic…
      </ActButton>
      <ActButton dialog={(onClose) => <UnregisterDialog name={name} onClose={onClose} />}>Unregister…</ActButton>
    </span>
  );
}

/** What can be done to one version. */
export function VersionActs({ name, version: { version, kept } }: { name: string; version: VersionView }) {
  if (kept === 'active') return <span className="quiet">serves</span>;
  const preparing = kept === 'preparing' ? 'It is not ready yet.' : undefined;
  return (
    <span className="acts">
      <ActButton
        refused={preparing}
        dialog={(onClose) => <DefaultDialog name={name} version={version} onClose={onClose} />}
      >
        Let it serve…
      </ActButton>
      <ActButton
        refused={preparing}
        dialog={(onClose) => <RemoveDialog name={name} version={version} onClose={onClose} />}
      >
        Remove…
      </ActButton>
    </span>
  );
}

function UpdateDialog({ name, onClose }: Closing) {
  const [choice, setChoice] = useState<ArchiveChoice>();
  const [isDefault, setDefault] = useState(true);
  const [watchSeconds, setWatch] = useState(0);
  const call = choice === undefined ? undefined : updating(name, choice.source, { isDefault, watchSeconds });
  return (
    <ActDialog title={`Update ${name}`} verb="Update" file={choice?.file} call={call} onClose={onClose}>
      <p>
        Makes the next version beside the one that serves. What fails before it is ready leaves what serves untouched.
      </p>
      <ArchiveFields onChoice={setChoice} />
      <label>
        <input type="checkbox" checked={isDefault} onChange={({ target }) => setDefault(target.checked)} /> let it serve
        as soon as it is ready
      </label>
      <label className="field">
        Watch it for
        <span>
          <input
            type="number"
            min={0}
            max={3_600}
            value={watchSeconds}
            disabled={!isDefault}
            onChange={({ target }) => setWatch(Math.max(0, Math.floor(target.valueAsNumber || 0)))}
          />{' '}
          s
        </span>
        <span className="quiet">The version before serves again by itself when predictions fail meanwhile.</span>
      </label>
    </ActDialog>
  );
}

function TrafficDialog({ name, versions, onClose }: Closing & { versions: readonly VersionView[] }) {
  const [shares, setShares] = useState<Readonly<Record<string, number>>>(() =>
    Object.fromEntries(versions.map(({ version, weight }) => [version, weight])),
  );
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const given = Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
  return (
    <ActDialog
      title={`Traffic of ${name}`}
      verb="Share out"
      call={total === 100 ? directing(name, given) : undefined}
      onClose={onClose}
    >
      <p>Each version answers its share of the requests.</p>
      {versions.map(({ version, kept }) => (
        <label key={version} className="field share-field">
          Version {version}
          {kept === 'active' ? ' (default)' : ''}
          <span>
            <input
              type="number"
              min={0}
              max={100}
              value={shares[version] ?? 0}
              onChange={({ target }) => setShares((before) => ({ ...before, [version]: target.valueAsNumber || 0 }))}
            />{' '}
            %
          </span>
        </label>
      ))}
      <p role="status" className={total === 100 ? 'quiet' : 'fault-line'}>
        {total} % in all{total === 100 ? '' : ': it must be 100'}
      </p>
    </ActDialog>
  );
}

const DefaultDialog = ({ name, version, onClose }: Closing & { version: number }) => (
  <ActDialog
    title={`Let version ${version} of ${name} serve`}
    verb="Let it serve"
    call={settingDefault(name, version)}
    onClose={onClose}
  >
    <p>
      All requests go to version {version} at one moment; none is lost. The one that serves now stays ready for ten
      minutes.
    </p>
  </ActDialog>
);

const RemoveDialog = ({ name, version, onClose }: Closing & { version: number }) => (
  <ActDialog
    title={`Remove version ${version} of ${name}`}
    verb="Remove"
    isGrave
    call={removingVersion(name, version)}
    onClose={onClose}
  >
    <p>Its models leave the model servers. It can be made again from its archive alone.</p>
  </ActDialog>
);

function UnregisterDialog({ name, onClose }: Closing) {
  const [typed, setTyped] = useState('');
  return (
    <ActDialog
      title={`Unregister ${name}`}
      verb="Unregister"
      isGrave
      call={typed === name ? unregistering(name) : undefined}
      onClose={onClose}
    >
      <p>
        No gateway serves it any more, and its models leave the model servers, with all its versions. This cannot be
        undone.
      </p>
      <label className="field">
        Type its name, <code className="whole-name">{name}</code>, to go on
        <input
          type="text"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setTyped(target.value)}
        />
      </label>
    </ActDialog>
  );
}
